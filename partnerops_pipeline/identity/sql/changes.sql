-- What the lake does not say yet. An account that is a partner no longer is told apart from one that never was.
CREATE TABLE present AS
SELECT
    match.source,
    match.source_object,
    match.source_id,
    'P-' || match.account_id AS partner_id,
    match.method,
    CASE WHEN match.account_id IS NOT NULL THEN 1.0000::DECIMAL(5, 4) END AS score,
    '{' || match.reasons || '}' AS evidence,
    match.account_id,
    match.seen_on AS valid_from
FROM match
UNION ALL
SELECT
    known.source,
    known.source_object,
    known.source_id,
    NULL,
    'unmatched',
    NULL,
    '{"crm_id_problem": "no_partner_account"}',
    NULL,
    coalesce(account.system_modstamp::DATE, known.valid_from)
FROM known_xref AS known
LEFT JOIN account ON account.id = known.source_id
WHERE known.source = 'salesforce'
    AND known.source_object = 'account'
    AND NOT EXISTS (SELECT 1 FROM stands_for WHERE stands_for.account_id = known.source_id);

CREATE TABLE new_xref AS
SELECT present.*
FROM present
LEFT JOIN known_xref AS known
    ON known.source = present.source
    AND known.source_object = present.source_object
    AND known.source_id = present.source_id
WHERE known.source_id IS NULL
    OR (known.partner_id, known.method, known.evidence, known.account_id)
    IS DISTINCT FROM (present.partner_id, present.method, present.evidence, present.account_id);

CREATE TABLE new_id AS
SELECT partner_id, 'salesforce' AS source, account_id AS source_id, created_on AS minted_on
FROM partner_account
WHERE partner_id NOT IN (SELECT partner_id FROM known_id);
