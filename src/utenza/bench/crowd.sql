-- The customers of the benchmark, from the tables `person` (who) and `told` (one row: when, and encrypted values). Ids
-- are given, so that rows find each other by arithmetic. Every tenth is a company, with two branches; the first pays itself, the second is paid for.

CREATE TEMPORARY TABLE node ON COMMIT DROP AS
SELECT id, id AS root, NULL::bigint AS parent, id AS paid_by, '/' || lpad(id::text, 10, '0') || '/' AS path,
       CASE WHEN mod(id, 10) = 0 THEN 'company' WHEN mod(id, 10) = 5 THEN 'household' ELSE 'individual' END AS node_kind
  FROM person
UNION ALL
SELECT first + place, company, company, CASE place WHEN 0 THEN first ELSE company END,
       '/' || lpad(company::text, 10, '0') || '/' || lpad((first + place)::text, 10, '0') || '/', 'branch'
  FROM (SELECT count(*) AS total FROM person) AS everybody, generate_series(10, total, 10) AS company,
       LATERAL (SELECT total + company / 5 - 1 AS first) AS branches, generate_series(0, 1) AS place;

INSERT INTO parties_party (id, kind, given_name, family_name, birth_date, birth_place, sex, legal_name, legal_form,
                           country, tax_code, vat_number, language, sort_key)
SELECT n.id,
       CASE WHEN p.id IS NULL OR node_kind = 'company' THEN 'organisation' ELSE 'person' END,
       CASE WHEN node_kind IN ('company', 'branch') THEN '' ELSE p.given_name END,
       CASE WHEN node_kind IN ('company', 'branch') THEN '' ELSE p.family_name END,
       CASE WHEN node_kind IN ('company', 'branch') THEN NULL ELSE DATE '1960-01-01' + (mod(n.id, 14000))::int END,
       CASE WHEN node_kind IN ('company', 'branch') THEN '' ELSE 'Torino' END, '',
       CASE node_kind WHEN 'company' THEN 'Officine ' || p.family_name || ' S.r.l.'
                      WHEN 'branch' THEN 'Sede ' || n.id ELSE '' END,
       CASE node_kind WHEN 'company' THEN 'S.r.l.' ELSE '' END, 'IT',
       CASE WHEN node_kind IN ('company', 'branch') THEN '' ELSE p.tax_code END,
       CASE node_kind WHEN 'company' THEN lpad(n.id::text, 11, '0') ELSE '' END, 'it',
       lower(coalesce(p.family_name, 'sede ' || n.id))
  FROM node n LEFT JOIN person p USING (id);

INSERT INTO parties_customer (id, number, party_id, kind, node_kind, parent_id, root_id, path, paid_by_id, status,
                              admitted_at, since_date, ended_date, credit_class)
SELECT id, 'C' || lpad(id::text, 7, '0'), id,
       CASE WHEN node_kind IN ('company', 'branch') THEN 'company' ELSE 'individual' END,
       node_kind, parent, root, path, paid_by, 'active', at - interval '400 days',
       today - 400, NULL, substr('ABCD', (mod(id, 4))::int + 1, 1)
  FROM node CROSS JOIN told ORDER BY id;

INSERT INTO parties_contactmedium (party_id, kind, value, valid_from)
SELECT id, kind, CASE kind WHEN 'email' THEN email ELSE mobile END, today - 400
  FROM person CROSS JOIN told, unnest(ARRAY['email', 'mobile']) AS kind;

INSERT INTO parties_address (party_id, purpose, street, house_number, postcode, city, province, country, valid_from)
SELECT id, CASE node_kind WHEN 'company' THEN 'registered_office' WHEN 'branch' THEN 'installation' ELSE 'residence' END,
       'Via dei Glicini', (mod(id, 90) + 1)::text, '10121', 'Torino', 'TO', 'IT', today - 400
  FROM node CROSS JOIN told;

-- Only who pays itself has an account; every third pays by direct debit.
CREATE TEMPORARY TABLE account ON COMMIT DROP AS SELECT n.*, p.email FROM node n LEFT JOIN person p USING (id)
 WHERE n.paid_by = n.id;

INSERT INTO parties_billingaccount (id, number, customer_id, name, currency, bill_day, cycle_months, payment_terms_days,
                                    language, delivery_channel, email, payment_method, iban, e_invoice_code, pec,
                                    status, opened_date)
SELECT a.id, 'A' || lpad(a.id::text, 7, '0'), a.id, 'Bills of ' || a.id, 'EUR', 1, 1, 20, 'it',
       CASE WHEN email IS NULL THEN 'portal' ELSE 'email' END, coalesce(email, ''),
       CASE mod(a.id, 3) WHEN 0 THEN 'direct_debit' ELSE 'transfer' END,
       CASE mod(a.id, 3) WHEN 0 THEN told.iban ELSE told.no_iban END, '', '', 'active', today - 400
  FROM account a CROSS JOIN told;

INSERT INTO parties_block (customer_id, kind, reason, note, placed_at)
SELECT id, 'new_orders', 'debt', '', at - interval '5 days' FROM node CROSS JOIN told WHERE mod(id, 20) = 3;

-- A line for each, a second one for every other; fixed ones carry internet and voice. One in forty is barred.
CREATE TEMPORARY TABLE line ON COMMIT DROP AS
SELECT 2 * id + place AS id, id AS customer, CASE place WHEN 0 THEN 'fixed' ELSE 'mobile' END AS market
  FROM node, generate_series(0, 1) AS place WHERE place = 0 OR mod(id, 2) = 0;

INSERT INTO provisioning_line (id, number, customer_id, market, payment, charging_group_id, bucket, status, created_at,
                               activated_at)
SELECT id, 'L' || lpad(id::text, 8, '0'), customer, market, 'postpaid', id, mod(id, 64),
       CASE WHEN mod(id, 40) = 6 THEN 'suspended' ELSE 'active' END, at - interval '390 days',
       at - interval '389 days'
  FROM line CROSS JOIN told;

INSERT INTO provisioning_service (line_id, kind, element_id, identifier, secret, profile, attributes, desired_state,
                                  actual_state, confirmed_profile, created_at, activated_at)
SELECT id, kind, (SELECT id FROM provisioning_element ORDER BY id LIMIT 1),
       CASE kind WHEN 'internet' THEN 'l' || id || '@fibra.example' WHEN 'voice' THEN '39011' || lpad(id::text, 7, '0')
                 ELSE '39320' || lpad(id::text, 7, '0') END,
       told.secret, CASE kind WHEN 'internet' THEN 'fibre-1000-300' ELSE '' END, '{}',
       CASE WHEN mod(id, 40) = 6 THEN 'suspended' ELSE 'active' END, CASE WHEN mod(id, 40) = 6 THEN 'suspended' ELSE 'active' END,
       CASE kind WHEN 'internet' THEN 'fibre-1000-300' ELSE '' END, at - interval '390 days',
       at - interval '389 days'
  FROM line CROSS JOIN told, unnest(CASE market WHEN 'fixed' THEN ARRAY['internet', 'voice'] ELSE ARRAY['mobile'] END) AS kind;

INSERT INTO provisioning_bar (line_id, scope, reason, note, placed_at)
SELECT id, 'all', 'lost', 'The bag was stolen.', at - interval '3 days' FROM line CROSS JOIN told WHERE mod(id, 40) = 6;

-- Twelve months of bills. The last is open, those of every twelfth account since the month before: overdue.
CREATE TEMPORARY TABLE bill ON COMMIT DROP AS
SELECT 12 * a.id + 11 - month AS id, a.id AS account, month, month = 0 OR (month = 1 AND mod(a.id, 12) = 3) AS open,
       today - 10 - 30 * month AS issued,
       (15000000 + mod(a.id * 7919, 9000) * 10000)::bigint AS total
  FROM account a CROSS JOIN told, generate_series(0, 11) AS month;

INSERT INTO billing_bill (id, number, account_id, customer_id, kind, status, period_start, period_end, issue_date,
                          due_date, issued_at, net_micro, tax_micro, total_micro, open_micro, currency, language,
                          addressee, usage_pin, coverage, usage_moves, reason)
SELECT id, 'F-2026-' || lpad(id::text, 6, '0'), account, account, 'regular', 'issued',
       issued - 30, issued, issued, issued + 20, issued + time '06:00',
       total - total / 5, total / 5, total, CASE WHEN open THEN total ELSE 0 END, 'EUR', 'it', '{}', '{}', '[]', '[]', ''
  FROM bill;

INSERT INTO payments_payment (number, account_id, key, amount_micro, allocated_micro, deposit_micro, recharged_micro,
                              currency, method, reference, status, received_at, recorded_at, return_reason, taken_by)
SELECT 'P-2026-' || id, account, 'bench-' || id, total, total, 0, 0, 'EUR', 'transfer', 'F-2026-' || lpad(id::text, 6, '0'),
       'received', issued + time '10:00' + interval '12 days', issued + time '10:00' + interval '12 days', '', ''
  FROM bill WHERE NOT open;

-- What happened: twelve bills and their payments, four calls, two notes, a reminder, the beginning.
INSERT INTO care_timeline_entry (customer_id, kind, at, recorded_at, fact, data, text, about_kind, about_key, by, key)
SELECT account, kind, at, at, fact, data, text, about_kind, about_key, by, 'bench-' || mark || '-' || id FROM (
    SELECT account, id, 'issued' AS mark, 'bill' AS kind, issued + time '06:00' AS at, 'billing.bill_issued' AS fact,
           jsonb_build_object('bill_number', 'F-2026-' || lpad(id::text, 6, '0'), 'total_micro', total,
                              'currency', 'EUR', 'due_date', issued + 20) AS data,
           '' AS text, 'bill' AS about_kind, id::text AS about_key, '' AS by
      FROM bill
    UNION ALL
    SELECT account, id, 'paid', 'payment', issued + time '10:00' + interval '12 days', 'payments.payment_received',
           jsonb_build_object('payment_number', 'P-2026-' || id, 'amount_micro', total, 'currency', 'EUR'),
           '', 'payment', id::text, ''
      FROM bill WHERE NOT open
    UNION ALL
    SELECT account, id, 'call', 'call', issued + time '15:30', '', '{"direction": "inbound"}',
           E'The router blinks red since the storm.\nA technician comes on Tuesday.', '', '', 'Marta Conti'
      FROM bill WHERE month IN (1, 4, 6, 9)
    UNION ALL
    SELECT account, id, 'note', 'note', issued + time '16:00', '', '{}', 'Prefers to be called after six.', '', '',
           'Marta Conti'
      FROM bill WHERE month IN (2, 7)
    UNION ALL
    SELECT account, id, 'reminder', 'reminder', at - interval '6 days', 'overdue.reminder_sent',
           jsonb_build_object('overdue_micro', total, 'currency', 'EUR'), '', '', '', ''
      FROM bill CROSS JOIN told WHERE open AND month = 1
    UNION ALL
    SELECT id, id, 'start', 'service', at - interval '389 days', 'provisioning.service_activated', '{}',
           '', 'line', (2 * id)::text, ''
      FROM node CROSS JOIN told
    UNION ALL
    SELECT id, id, 'admitted', 'customer', at - interval '400 days', 'parties.customer_admitted', '{}',
           '', '', '', ''
      FROM node CROSS JOIN told
) AS happened;
