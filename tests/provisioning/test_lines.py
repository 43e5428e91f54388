"""Lines are planned, activated, closed and ceased; technicians stand for the network here."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.db.utils import IntegrityError

from tests.factories.parties import person_customer
from tests.factories.provisioning import active_line, number_range, planned_line, technicians_confirm
from utenza.infra.models.outbox import OutboxEvent
from utenza.infra.search import search
from utenza.provisioning import operations, queries
from utenza.provisioning.dispatch import carry_out_due
from utenza.provisioning.models import ResourceAssignment
from utenza.provisioning.operations import ServiceSpec

AT = datetime(2026, 1, 10, 9, 0, tzinfo=UTC)
LATER = AT + timedelta(hours=2)

pytestmark = pytest.mark.django_db


def announced() -> list[str]:
    return list(
        OutboxEvent.objects.filter(name__startswith="provisioning.").order_by("id").values_list("name", flat=True)
    )


def event_names() -> list[str]:
    return [name.removeprefix("provisioning.") for name in announced()]


class TestPlanning:
    def test_a_line_gets_a_number_a_user_name_and_a_password_and_waits(self) -> None:
        ref = planned_line(at=AT)
        line = queries.line(ref.line_id)
        assert line.status == "planned"
        assert line.number == ref.number
        assert line.services[0].identifier == f"{ref.number.lower()}@utenza"
        assert line.services[0].desired_state == "none"
        assert len(queries.credentials(line.services[0].service_id).secret) == 14
        assert line.bucket == line.line_id % 64
        assert carry_out_due(at=AT) == 0

    def test_lines_of_one_charging_group_share_its_bucket(self) -> None:
        customer = person_customer(at=AT)
        ref = operations.create_line(
            customer_id=customer.customer_id,
            market="fixed",
            payment="postpaid",
            services=[ServiceSpec(kind="internet", profile="fibre-100-20")],
            at=AT,
            charging_group_id=130,
        )
        assert queries.line(ref.line_id).bucket == 2

    def test_a_line_without_a_service_is_refused(self) -> None:
        with pytest.raises(operations.LineHasNoService):
            planned_line(at=AT, services=())

    def test_an_internet_profile_without_a_speed_is_refused_since_it_would_be_unlimited(self) -> None:
        with pytest.raises(operations.UnknownProfile):
            planned_line(at=AT, services=[ServiceSpec(kind="internet", profile="fibra")])

    def test_a_defined_profile_needs_no_speed_in_its_name(self) -> None:
        operations.define_profile(code="fibra", down_bps=50_000_000, up_bps=5_000_000)
        ref = planned_line(at=AT, services=[ServiceSpec(kind="internet", profile="fibra")])
        assert queries.line(ref.line_id).services[0].profile == "fibra"

    def test_an_unknown_element_is_refused_by_name(self) -> None:
        with pytest.raises(operations.UnknownElement, match="bras9"):
            planned_line(at=AT, services=[ServiceSpec(kind="internet", profile="fibre-100-20", connector="bras9")])

    def test_a_user_name_in_use_is_refused_and_names_the_line_that_has_it(self) -> None:
        spec = ServiceSpec(kind="internet", profile="fibre-100-20", identifier="anna@casa")
        first = planned_line(at=AT, services=[spec])
        with pytest.raises(operations.IdentifierTaken, match=first.number):
            planned_line(at=AT, services=[spec])

    def test_the_database_itself_refuses_two_holders_of_one_value(self) -> None:
        first = planned_line(at=AT)
        other = planned_line(at=AT)
        with pytest.raises(IntegrityError, match="no_overlap"), transaction.atomic():
            ResourceAssignment.objects.create(
                line_id=other.line_id,
                service_id=other.services[0].service_id,
                kind="username",
                value=first.services[0].identifier,
                valid_from=LATER,
            )

    def test_a_line_is_found_by_its_number_and_by_its_user_name(self) -> None:
        ref = planned_line(at=AT)
        for text in (ref.number, ref.services[0].identifier):
            assert [hit.key for hit in search(text=text) if hit.kind == "line"] == [str(ref.line_id)]

    def test_a_second_service_of_a_kind_gets_a_user_name_of_its_own(self) -> None:
        ref = planned_line(at=AT)
        extra = operations.add_service(
            line_id=ref.line_id, service=ServiceSpec(kind="internet", profile="fibre-30-3"), at=AT
        )
        assert extra.identifier == f"{ref.number.lower()}-2@utenza"

    def test_no_operation_runs_outside_a_transaction(self) -> None:
        assert connection.in_atomic_block
        for operation in (operations.create_line, operations.suspend, operations.cease):
            assert hasattr(operation, "__wrapped__")


class TestActivation:
    def test_nothing_is_active_before_the_technician_has_said_so(self) -> None:
        ref = planned_line(at=AT)
        operations.activate(line_id=ref.line_id, at=AT)
        carry_out_due(at=AT)
        line = queries.line(ref.line_id)
        assert (line.status, line.services[0].desired_state, line.services[0].actual_state) == (
            "planned",
            "active",
            "none",
        )
        assert event_names() == ["work_order_opened"]

    def test_the_technician_confirms_and_the_line_is_active(self) -> None:
        ref = planned_line(at=AT)
        operations.activate(line_id=ref.line_id, at=AT)
        carry_out_due(at=AT)
        order = queries.open_work_orders()[0]
        assert "fibre-100-20" in order.task
        operations.confirm_work_order(work_order_id=order.work_order_id, by="tecla", at=LATER)
        line = queries.line(ref.line_id)
        assert (line.status, line.activated_at, line.services[0].activated_at) == ("active", LATER, LATER)
        assert line.settled
        assert event_names() == ["work_order_opened", "service_activated"]

    def test_to_confirm_a_work_order_twice_is_refused_and_changes_nothing(self) -> None:
        ref = active_line(at=AT)
        orders = queries.work_orders_of(ref.line_id)
        with pytest.raises(operations.WorkOrderClosed):
            operations.confirm_work_order(work_order_id=orders[0].work_order_id, by="tecla", at=LATER)
        assert event_names().count("service_activated") == 1

    def test_a_line_that_was_activated_has_nothing_left_to_activate(self) -> None:
        ref = active_line(at=AT)
        with pytest.raises(operations.NothingOrdered):
            operations.activate(line_id=ref.line_id, at=LATER)

    def test_a_voice_add_on_is_activated_without_touching_the_internet_service(self) -> None:
        number_range(at=AT)
        ref = active_line(at=AT)
        operations.add_service(line_id=ref.line_id, service=ServiceSpec(kind="voice"), at=LATER)
        assert len(operations.activate(line_id=ref.line_id, at=LATER)) == 1
        assert technicians_confirm(at=LATER) == 1
        voice = queries.line(ref.line_id).service("voice")
        assert voice is not None
        assert (voice.identifier, voice.actual_state) == ("390650010000", "active")

    def test_work_that_cannot_be_done_is_parked_with_its_reason_and_can_be_tried_again(self) -> None:
        ref = planned_line(at=AT)
        operations.activate(line_id=ref.line_id, at=AT)
        carry_out_due(at=AT)
        operations.fail_work_order(
            work_order_id=queries.open_work_orders()[0].work_order_id, by="tecla", why="no fibre here", at=AT
        )
        parked = queries.parked_commands()
        assert [(command.line_id, command.last_error) for command in parked] == [(ref.line_id, "no fibre here")]
        assert event_names()[-1] == "command_failed"
        operations.retry_command(command_id=parked[0].command_id, at=LATER)
        assert technicians_confirm(at=LATER) == 1
        assert queries.line(ref.line_id).status == "active"

    def test_an_engineer_may_vouch_for_a_parked_command(self) -> None:
        ref = planned_line(at=AT)
        operations.activate(line_id=ref.line_id, at=AT)
        carry_out_due(at=AT)
        operations.fail_work_order(
            work_order_id=queries.open_work_orders()[0].work_order_id, by="tecla", why="no form", at=AT
        )
        operations.accept_parked_command(command_id=queries.parked_commands()[0].command_id, by="nino", at=LATER)
        assert queries.line(ref.line_id).status == "active"
        assert queries.parked_commands() == []


class TestBars:
    def test_reasons_stack_and_each_is_lifted_alone(self) -> None:
        ref = active_line(at=AT)
        assert operations.suspend(line_id=ref.line_id, reason="debt", at=AT).changed
        technicians_confirm(at=AT)
        operations.suspend(line_id=ref.line_id, reason="lost", at=AT)
        technicians_confirm(at=AT)
        lifted = operations.resume(line_id=ref.line_id, reason="debt", at=LATER)
        technicians_confirm(at=LATER)
        assert (lifted.changed, lifted.standing, lifted.command_ids) == (True, ("lost",), ())
        assert queries.line(ref.line_id).status == "suspended"
        operations.resume(line_id=ref.line_id, reason="lost", at=LATER)
        technicians_confirm(at=LATER)
        line = queries.line(ref.line_id)
        assert (line.status, line.bar_reasons) == ("active", frozenset())
        assert [name for name in event_names() if name != "work_order_opened"] == [
            "service_activated",
            "service_suspended",
            "service_resumed",
        ]

    def test_to_suspend_twice_for_one_reason_sends_nothing_more(self) -> None:
        ref = active_line(at=AT)
        operations.suspend(line_id=ref.line_id, reason="debt", at=AT)
        again = operations.suspend(line_id=ref.line_id, reason="debt", at=LATER)
        assert (again.changed, again.standing, again.command_ids) == (False, ("debt",), ())
        assert not operations.resume(line_id=ref.line_id, reason="fraud", at=LATER).changed

    def test_a_suspension_lifted_before_it_was_carried_out_leaves_the_line_as_it_was(self) -> None:
        ref = active_line(at=AT)
        operations.suspend(line_id=ref.line_id, reason="debt", at=AT)
        operations.resume(line_id=ref.line_id, reason="debt", at=AT)
        technicians_confirm(at=AT)
        assert queries.line(ref.line_id).status == "active"
        statuses = [command.status for command in queries.commands_of(ref.line_id)]
        assert statuses == ["confirmed", "superseded", "confirmed"]
        assert "service_suspended" not in event_names()

    def test_an_open_work_order_is_withdrawn_when_a_newer_command_overtakes_it(self) -> None:
        ref = active_line(at=AT)
        operations.suspend(line_id=ref.line_id, reason="debt", at=AT)
        carry_out_due(at=AT)
        operations.resume(line_id=ref.line_id, reason="debt", at=LATER)
        carry_out_due(at=LATER)
        newest, withdrawn, _activation = queries.work_orders_of(ref.line_id)
        assert (newest.status, newest.command_kind, withdrawn.status) == ("open", "modify", "withdrawn")

    def test_a_line_barred_before_its_activation_is_set_up_closed_and_activated_when_opened(self) -> None:
        ref = planned_line(at=AT)
        operations.suspend(line_id=ref.line_id, reason="fraud", at=AT)
        operations.activate(line_id=ref.line_id, at=AT)
        technicians_confirm(at=AT)
        assert queries.line(ref.line_id).status == "suspended"
        operations.resume(line_id=ref.line_id, reason="fraud", at=LATER)
        technicians_confirm(at=LATER)
        assert queries.line(ref.line_id).activated_at == LATER
        assert event_names()[-1] == "service_activated"

    def test_a_bar_on_premium_numbers_narrows_voice_and_leaves_internet_alone(self) -> None:
        number_range(at=AT)
        ref = active_line(
            at=AT, services=[ServiceSpec(kind="internet", profile="fibre-100-20"), ServiceSpec(kind="voice")]
        )
        outcome = operations.bar(line_id=ref.line_id, scope="premium", reason="customer", at=LATER)
        assert len(outcome.command_ids) == 1
        carry_out_due(at=LATER)
        order = queries.open_work_orders()[0]
        assert order.service_kind == "voice"
        assert "Premium numbers" in order.task

    def test_a_word_that_is_no_reason_is_refused(self) -> None:
        ref = active_line(at=AT)
        with pytest.raises(operations.UnknownBar):
            operations.suspend(line_id=ref.line_id, reason="whim", at=AT)


class TestChangeAndCease:
    def test_a_new_profile_is_sent_once(self) -> None:
        ref = active_line(at=AT)
        operations.modify_profile(line_id=ref.line_id, profile="fibre-1000-300", at=LATER)
        operations.modify_profile(line_id=ref.line_id, profile="fibre-1000-300", at=LATER)
        assert technicians_confirm(at=LATER) == 1
        service = queries.line(ref.line_id).services[0]
        assert service.confirmed_profile == "fibre-1000-300"

    def test_a_ceased_line_gives_up_its_user_name_and_number_and_its_bars_fall(self) -> None:
        number_range(at=AT)
        ref = active_line(
            at=AT, services=[ServiceSpec(kind="internet", profile="fibre-100-20"), ServiceSpec(kind="voice")]
        )
        operations.suspend(line_id=ref.line_id, reason="debt", at=AT)
        technicians_confirm(at=AT)
        assert len(operations.cease(line_id=ref.line_id, at=LATER)) == 2
        technicians_confirm(at=LATER)
        line = queries.line(ref.line_id)
        assert (line.status, line.ceased_at, line.bars) == ("ceased", LATER, ())
        assert queries.line_holding("number", "390650010000", AT) is not None
        assert queries.line_holding("number", "390650010000", LATER) is None
        assert "390650010000" not in queries.free_numbers(kind="voice")
        assert event_names().count("service_ceased") == 2

    def test_to_cease_twice_asks_nothing_twice(self) -> None:
        ref = active_line(at=AT)
        assert len(operations.cease(line_id=ref.line_id, at=LATER)) == 1
        assert operations.cease(line_id=ref.line_id, at=LATER) == ()

    def test_nothing_can_be_changed_on_a_ceased_line(self) -> None:
        ref = active_line(at=AT)
        operations.cease(line_id=ref.line_id, at=LATER)
        for attempt in (
            lambda: operations.suspend(line_id=ref.line_id, reason="debt", at=LATER),
            lambda: operations.modify_profile(line_id=ref.line_id, profile="fibre-30-3", at=LATER),
            lambda: operations.add_service(line_id=ref.line_id, service=ServiceSpec(kind="voice"), at=LATER),
        ):
            with pytest.raises(operations.LineCeased):
                attempt()

    def test_one_service_is_ceased_and_the_line_lives_on(self) -> None:
        number_range(at=AT)
        ref = active_line(
            at=AT, services=[ServiceSpec(kind="internet", profile="fibre-100-20"), ServiceSpec(kind="voice")]
        )
        assert operations.cease_service(service_id=ref.services[1].service_id, at=LATER)
        technicians_confirm(at=LATER)
        assert queries.line(ref.line_id).status == "active"

    def test_a_user_name_given_up_may_be_given_out_again_and_usage_knows_the_instant(self) -> None:
        spec = ServiceSpec(kind="internet", profile="fibre-100-20", identifier="casa@utenza")
        first = active_line(at=AT, services=[spec])
        operations.cease(line_id=first.line_id, at=LATER)
        technicians_confirm(at=LATER)
        second = active_line(at=LATER, services=[spec])
        before = queries.line_holding("username", "casa@utenza", LATER - timedelta(seconds=1))
        after = queries.line_holding("username", "casa@utenza", LATER)
        assert before is not None
        assert after is not None
        assert (before.line_id, after.line_id) == (first.line_id, second.line_id)
        assert [row.line_id for row in queries.assignments(values=["casa@utenza"])] == [
            first.line_id,
            second.line_id,
        ]


class TestNumbers:
    def test_a_range_is_taken_in_once(self) -> None:
        for new in (10, 0):
            taken = operations.add_number_range(kind="voice", first="390650010000", last="390650010009", at=AT)
            assert taken == new
        assert queries.free_numbers(kind="voice", limit=2) == ["390650010000", "390650010001"]

    @pytest.mark.parametrize(
        ("first", "last"), [("390", "391"), ("390650010009", "390650010000"), ("39065001", "390650019")]
    )
    def test_ends_that_make_no_range_are_refused(self, first: str, last: str) -> None:
        with pytest.raises(operations.MalformedRange):
            operations.add_number_range(kind="voice", first=first, last=last, at=AT)

    def test_a_voice_service_without_any_number_left_is_refused(self) -> None:
        with pytest.raises(operations.NoFreeNumber):
            planned_line(at=AT, services=[ServiceSpec(kind="voice")])

    def test_a_reserved_number_goes_only_to_who_asks_for_it(self) -> None:
        number_range(at=AT, count=2)
        held = operations.reserve_number(kind="voice", at=AT, value="390650010000")
        taken = planned_line(at=AT, services=[ServiceSpec(kind="voice")])
        wanted = planned_line(at=AT, services=[ServiceSpec(kind="voice", identifier=held)])
        assert (taken.services[0].identifier, wanted.services[0].identifier) == ("390650010001", held)

    def test_a_reservation_and_a_quarantine_end_by_themselves(self) -> None:
        number_range(at=AT, count=1)
        operations.reserve_number(kind="voice", at=AT)
        assert operations.release_held_numbers(at=AT + timedelta(days=13)) == 0
        assert operations.release_held_numbers(at=AT + timedelta(days=14)) == 1
        ref = active_line(at=AT, services=[ServiceSpec(kind="voice")])
        operations.cease(line_id=ref.line_id, at=AT)
        technicians_confirm(at=AT)
        assert queries.free_numbers(kind="voice") == []
        assert operations.release_held_numbers(at=AT + timedelta(days=90)) == 1
        assert queries.free_numbers(kind="voice") == ["390650010000"]
