-- Which accounts are partners, which were merged into one, and which domain belongs to exactly one of them.
-- The rules are those of the models int_account__survivors, int_account__current and int_partner__accounts.
CREATE TABLE survivor AS
WITH RECURSIVE chain (account_id, survivor_id, hops) AS (
    SELECT id, master_record_id, 1 FROM account WHERE master_record_id IS NOT NULL
    UNION ALL
    SELECT chain.account_id, account.master_record_id, chain.hops + 1
    FROM chain
    JOIN account ON account.id = chain.survivor_id
    -- a circle of merges cannot happen in the CRM; if it did, twenty hops end it
    WHERE account.master_record_id IS NOT NULL AND chain.hops < 20
),
ends AS (
    SELECT account_id, arg_max(survivor_id, hops) AS survivor_id FROM chain GROUP BY account_id
)
SELECT account.id AS account_id, coalesce(ends.survivor_id, account.id) AS survivor_id
FROM account
LEFT JOIN ends ON ends.account_id = account.id;

CREATE TABLE partner_account AS
SELECT
    account.id AS account_id,
    'P-' || account.id AS partner_id,
    domain_of.domain,
    account.created_date::DATE AS created_on
FROM account
JOIN survivor ON survivor.account_id = account.id AND survivor.survivor_id = account.id
LEFT JOIN domain_of ON domain_of.text = account.website
WHERE coalesce(account.is_partner, account.type IN (SELECT account_type FROM account_partner_types), false)
    AND NOT coalesce(account.is_deleted, false)
    AND NOT coalesce(account._is_deleted, false)
    AND NOT coalesce(account.is_test, false)
    AND NOT EXISTS (SELECT 1 FROM test_name_patterns AS patterns WHERE lower(account.name) LIKE patterns.pattern)
    AND coalesce(
        regexp_replace(
            regexp_replace(lower(trim(account.website)), '^([a-z]+://)?(www[.])?', ''), '[/:?#].*$', ''
        ) NOT IN (SELECT domain FROM own_company_domains),
        true
    );

-- Any account that stands for a partner: the partner's own, and those that were merged into it.
CREATE TABLE stands_for AS
SELECT
    survivor.account_id,
    partner_account.account_id AS partner_account_id,
    survivor.account_id <> partner_account.account_id AS is_merged
FROM survivor
JOIN partner_account ON partner_account.account_id = survivor.survivor_id;

CREATE TABLE domain_holder AS
SELECT domain, count(*) AS partners, min(account_id) AS account_id
FROM partner_account
WHERE domain IS NOT NULL
GROUP BY domain;
