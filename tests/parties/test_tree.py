"""A company's tree has any depth, and each node knows who pays."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.factories.parties import AT, account_of, company_customer, company_with_branches, person_customer, vat_number
from utenza.parties import operations, queries
from utenza.parties.rules import is_below, moved_path, node_path, path_ids

pytestmark = pytest.mark.django_db


def branch_below(parent_id: int, name: str = "Nodo", *, pays_itself: bool = False, node_kind: str = "branch") -> int:
    return operations.add_branch(
        parent_customer_id=parent_id, name=name, node_kind=node_kind, pays_itself=pays_itself, at=AT
    ).customer_id


class TestAddingNodes:
    def test_goes_to_any_depth_and_reads_depth_first(self) -> None:
        company = company_customer().customer_id
        north = branch_below(company, "Nord")
        south = branch_below(company, "Sud")
        deep = north
        for level in range(8):
            deep = branch_below(deep, f"Livello {level}", node_kind="department")
        tree = queries.tree(deep)
        assert [node.name for node in tree] == [
            "Officine Tramonto", "Nord", *[f"Livello {level}" for level in range(8)], "Sud",
        ]  # fmt: skip
        assert [node.depth for node in tree] == [0, 1, *range(2, 10), 1]
        assert queries.customer(deep).depth == 9
        assert [node.customer_id for node in queries.subtree(south)] == [south]

    def test_makes_nodes_active_below_an_active_parent_only(self) -> None:
        waiting = company_customer(name="In attesa", active=False).customer_id
        node = branch_below(waiting)
        assert queries.customer(node).status == "prospect"
        operations.activate_customer(customer_id=waiting, at=AT)
        assert queries.customer(node).status == "active"
        assert queries.customer(branch_below(waiting)).status == "active"

    def test_hands_the_credit_class_down(self) -> None:
        company = company_customer().customer_id
        operations.assign_credit_class(customer_id=company, credit_class="C", at=AT)
        assert queries.customer(branch_below(company)).credit_class == "C"

    def test_is_for_companies_and_for_nodes_that_hang_below(self) -> None:
        with pytest.raises(operations.OnlyCompaniesBranch):
            branch_below(person_customer().customer_id)
        company = company_customer().customer_id
        with pytest.raises(operations.NotAChildNode):
            branch_below(company, node_kind="household")
        with pytest.raises(operations.NameMissing):
            branch_below(company, " ")

    def test_takes_a_subsidiary_with_its_own_numbers_once(self) -> None:
        company, number = company_customer().customer_id, vat_number()
        operations.add_branch(
            parent_customer_id=company, name="Figlia", node_kind="company", pays_itself=True, vat_number=number, at=AT
        )
        with pytest.raises(operations.DuplicateCustomer):
            operations.add_branch(
                parent_customer_id=company, name="Bis", node_kind="company", pays_itself=True, vat_number=number, at=AT
            )


class TestWhoPays:
    def test_is_the_nearest_payer_above_when_the_node_is_added(self) -> None:
        made = company_with_branches()
        below = branch_below(made.paying_branch.customer_id)
        assert queries.customer(below).paid_by_id == made.paying_branch.customer_id
        assert queries.customer(made.paid_branch.customer_id).paid_by_id == made.company.customer_id

    def test_is_asked_for_by_the_paying_account(self) -> None:
        made = company_with_branches()
        head = account_of(made.company)
        assert queries.paying_account(made.paid_branch.customer_id).account_id == head.account_id
        with pytest.raises(queries.NoPayingAccount):
            queries.paying_account(made.paying_branch.customer_id)
        own = account_of(made.paying_branch)
        assert queries.paying_account(made.paying_branch.customer_id).account_id == own.account_id
        assert [node.name for node in queries.paid_nodes(made.company.customer_id)] == [
            "Officine Tramonto", "Sede di Bologna",
        ]  # fmt: skip

    def test_changes_with_all_that_follow(self) -> None:
        made = company_with_branches()
        top, branch = made.company.customer_id, made.paying_branch.customer_id
        below, proud = branch_below(branch), branch_below(branch, pays_itself=True)
        for _ in range(2):
            operations.change_payer(customer_id=branch, pays_itself=False, at=AT)
        payers = {node.customer_id: node.paid_by_id for node in queries.tree(top)}
        assert (payers[branch], payers[below], payers[proud]) == (top, top, proud)
        operations.change_payer(customer_id=branch, pays_itself=True, at=AT)
        payers = {node.customer_id: node.paid_by_id for node in queries.tree(top)}
        assert (payers[branch], payers[below]) == (branch, top)

    def test_cannot_change_while_an_account_is_open_nor_at_the_top(self) -> None:
        made = company_with_branches()
        account_of(made.paying_branch)
        with pytest.raises(operations.PayerHasAccounts):
            operations.change_payer(customer_id=made.paying_branch.customer_id, pays_itself=False, at=AT)
        with pytest.raises(operations.RootStays):
            operations.change_payer(customer_id=made.company.customer_id, pays_itself=False, at=AT)

    def test_decides_where_an_account_may_be_opened(self) -> None:
        with pytest.raises(operations.NodeDoesNotPay):
            account_of(company_with_branches().paid_branch)

    def test_is_named_on_the_bill_with_the_legal_person_above(self) -> None:
        made = company_with_branches()
        account = account_of(made.paying_branch)
        billed = queries.billed_party(account.account_id)
        assert (billed.name, billed.attention) == ("Officine Tramonto", "Sede di Torino")
        assert billed.vat_number == queries.customer(made.company.customer_id).vat_number
        assert billed.address is not None
        assert billed.address.city == "Milano"


class TestMovingNodes:
    def test_takes_everything_below_along(self) -> None:
        company = company_customer().customer_id
        north, south = branch_below(company, "Nord"), branch_below(company, "Sud")
        office = branch_below(north, "Ufficio")
        desk = branch_below(office, "Banco")
        for _ in range(2):
            operations.move_branch(customer_id=office, new_parent_id=south, at=AT)
        assert [node.name for node in queries.tree(company)][1:] == ["Nord", "Sud", "Ufficio", "Banco"]
        assert path_ids(queries.customer(desk).path) == (company, south, office, desk)

    def test_never_below_itself_nor_into_another_tree_nor_the_root(self) -> None:
        company, other = company_customer().customer_id, company_customer(name="Altra").customer_id
        north = branch_below(company)
        below = branch_below(north)
        with pytest.raises(operations.WouldBeItsOwnAncestor):
            operations.move_branch(customer_id=north, new_parent_id=below, at=AT)
        with pytest.raises(operations.WouldBeItsOwnAncestor):
            operations.move_branch(customer_id=north, new_parent_id=north, at=AT)
        with pytest.raises(operations.OtherTree):
            operations.move_branch(customer_id=north, new_parent_id=other, at=AT)
        with pytest.raises(operations.RootStays):
            operations.move_branch(customer_id=company, new_parent_id=north, at=AT)

    def test_never_leaves_the_payer_behind(self) -> None:
        made = company_with_branches()
        below = branch_below(made.paying_branch.customer_id)
        with pytest.raises(operations.PayerLeftBehind):
            operations.move_branch(customer_id=below, new_parent_id=made.paid_branch.customer_id, at=AT)
        assert queries.customer(below).parent_id == made.paying_branch.customer_id


ids = st.integers(1, 9_999_999_999)


@given(st.lists(ids, min_size=1, max_size=12), ids)
def test_a_path_holds_the_ids_from_the_root_to_the_node(chain: list[int], last: int) -> None:
    path = ""
    for each in chain:
        path = node_path(parent_path=path, customer_id=each)
    assert path_ids(path) == tuple(chain)
    assert is_below(path=node_path(parent_path=path, customer_id=last), ancestor_path=path)
    assert not is_below(path=path, ancestor_path=path)


@given(st.lists(ids, min_size=1, max_size=5), st.lists(ids, min_size=1, max_size=5), st.lists(ids, max_size=5))
def test_a_moved_path_keeps_what_lies_below(old: list[int], new: list[int], below: list[int]) -> None:
    def path_of(chain: list[int]) -> str:
        path = ""
        for each in chain:
            path = node_path(parent_path=path, customer_id=each)
        return path

    moved = moved_path(path=path_of([*old, *below]), old_parent_path=path_of(old), new_parent_path=path_of(new))
    assert path_ids(moved) == (*new, *below)
