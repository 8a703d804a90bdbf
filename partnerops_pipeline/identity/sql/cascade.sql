-- Each record of each source, and the first step that gives it a partner account. `reasons` are the parts of its
-- evidence as JSON members in the order of their names; no cell of a source goes into them but ids and domains.

-- Salesforce's own accounts.
CREATE TABLE match AS
SELECT
    'salesforce' AS source,
    'account' AS source_object,
    stands_for.account_id AS source_id,
    stands_for.partner_account_id AS account_id,
    CASE WHEN stands_for.is_merged THEN 'merged_id' ELSE 'crm_id' END AS method,
    CASE WHEN stands_for.is_merged THEN '"merged_into": ' || to_json(stands_for.partner_account_id) ELSE '' END AS reasons,
    account.system_modstamp::DATE AS seen_on,
    false AS is_test
FROM stands_for
JOIN account ON account.id = stands_for.account_id;

-- The portal's partners: the id that they carry, then their website.
INSERT INTO match
SELECT
    'impartner',
    'partner',
    partner.prm_partner_id,
    coalesce(stands_for.partner_account_id, by_domain.account_id),
    CASE
        WHEN stands_for.is_merged THEN 'merged_id'
        WHEN stands_for.account_id IS NOT NULL THEN 'crm_id'
        WHEN by_domain.account_id IS NOT NULL THEN 'domain'
        ELSE 'unmatched'
    END,
    concat_ws(
        ', ',
        '"crm_id": ' || to_json(read_id.id),
        '"crm_id_problem": ' || to_json(
            CASE
                WHEN stands_for.account_id IS NOT NULL THEN NULL
                WHEN read_id.problem IS NOT NULL THEN read_id.problem
                WHEN read_id.id IS NULL THEN 'empty'
                WHEN account.id IS NULL THEN 'no_such_account'
                ELSE 'no_partner_account'
            END
        ),
        CASE WHEN stands_for.account_id IS NULL THEN '"domain": ' || to_json(by_domain.domain) END,
        CASE
            WHEN stands_for.account_id IS NULL AND by_domain.account_id IS NULL
                THEN '"domain_problem": ' || to_json(coalesce(by_domain.problem, 'empty'))
        END,
        CASE WHEN stands_for.is_merged THEN '"merged_into": ' || to_json(stands_for.partner_account_id) END
    ),
    partner._as_of::DATE,
    coalesce(partner.is_test, false)
FROM portal_partner AS partner
LEFT JOIN read_id ON read_id.text = partner.crm_id
LEFT JOIN account ON account.id = read_id.id
LEFT JOIN stands_for ON stands_for.account_id = read_id.id
LEFT JOIN domain_step AS by_domain ON by_domain.text = partner.website;

-- The marketplace's partner keys: the partner of the registrations that their deals carry, then the deals' addresses.
INSERT INTO match
WITH carried AS (
    SELECT
        deal.partner_key,
        count(DISTINCT stands_for.partner_account_id) AS partners,
        min(stands_for.partner_account_id) AS account_id,
        min(registration.id) AS registration_id
    FROM marketplace_deal AS deal
    JOIN read_id ON read_id.text = deal.external_key
    JOIN registration ON registration.id = read_id.id
    JOIN stands_for ON stands_for.account_id = registration.partner_account_id
    GROUP BY deal.partner_key
),
addressed AS (
    SELECT
        deal.partner_key,
        count(DISTINCT coalesce(domain_of.domain, '')) AS domains,
        min(host_of_email(deal.partner_email)) AS host
    FROM marketplace_deal AS deal
    LEFT JOIN domain_of ON domain_of.text = host_of_email(deal.partner_email)
    WHERE trim(deal.partner_email) <> ''
    GROUP BY deal.partner_key
),
keys AS (
    SELECT partner_key, max(_as_of)::DATE AS seen_on
    FROM (
        SELECT partner_key, _as_of FROM marketplace_deal
        UNION ALL
        SELECT partner_key, _as_of FROM marketplace_reward
    )
    WHERE partner_key IS NOT NULL
    GROUP BY partner_key
),
steps AS (
    SELECT
        keys.*,
        carried.partners,
        carried.registration_id,
        CASE WHEN carried.partners = 1 THEN carried.account_id END AS carried_account_id,
        -- Ids that contradict each other are for a person to settle, not for the weaker step that follows.
        CASE WHEN carried.partners IS NULL AND addressed.domains = 1 THEN by_domain.account_id END AS domain_account_id,
        CASE WHEN addressed.domains = 1 THEN by_domain.domain END AS domain,
        CASE
            WHEN addressed.domains IS NULL THEN 'empty'
            WHEN addressed.domains > 1 THEN 'several_domains'
            ELSE coalesce(by_domain.problem, 'not_a_domain')
        END AS domain_problem
    FROM keys
    LEFT JOIN carried ON carried.partner_key = keys.partner_key
    LEFT JOIN addressed ON addressed.partner_key = keys.partner_key
    LEFT JOIN domain_step AS by_domain ON by_domain.text = addressed.host
)
SELECT
    'partnerstack',
    'partner',
    partner_key,
    coalesce(carried_account_id, domain_account_id),
    CASE
        WHEN carried_account_id IS NOT NULL THEN 'carried_id'
        WHEN domain_account_id IS NOT NULL THEN 'domain'
        ELSE 'unmatched'
    END,
    concat_ws(
        ', ',
        '"deal_registration_id": ' || to_json(registration_id),
        CASE WHEN partners > 1 THEN '"deal_registration_problem": "several_partners"' END,
        CASE WHEN partners IS NULL THEN '"deal_registration_problem": "none_of_a_partner"' END,
        CASE WHEN partners IS NULL THEN '"domain": ' || to_json(domain) END,
        CASE WHEN partners IS NULL AND domain_account_id IS NULL THEN '"domain_problem": ' || to_json(domain_problem) END
    ),
    seen_on,
    false
FROM steps;

-- The learning system's branches: their code is the portal's number of the partner.
INSERT INTO match
WITH branches AS (
    SELECT trim(branch_code) AS branch_code, max(_as_of)::DATE AS seen_on
    FROM award
    WHERE trim(branch_code) <> ''
    GROUP BY trim(branch_code)
)
SELECT
    'lms',
    'branch',
    branches.branch_code,
    portal.account_id,
    CASE WHEN portal.account_id IS NULL THEN 'unmatched' ELSE 'carried_id' END,
    CASE
        WHEN portal.source_id IS NULL THEN '"branch_code_problem": "no_such_portal_partner"'
        WHEN portal.account_id IS NULL THEN '"branch_code_problem": "portal_partner_unmatched"'
        ELSE '"prm_partner_id": ' || to_json(portal.source_id)
    END,
    branches.seen_on,
    coalesce(portal.is_test, false)
FROM branches
LEFT JOIN match AS portal ON portal.source = 'impartner' AND portal.source_id = branches.branch_code;

-- And the hosts of its learners' addresses.
INSERT INTO match
WITH hosts AS (
    SELECT host_of_email(email) AS host, max(_as_of)::DATE AS seen_on
    FROM award
    WHERE host_of_email(email) IS NOT NULL
    GROUP BY host_of_email(email)
)
SELECT
    'lms',
    'email_domain',
    hosts.host,
    by_domain.account_id,
    CASE WHEN by_domain.account_id IS NULL THEN 'unmatched' ELSE 'domain' END,
    concat_ws(
        ', ',
        '"domain": ' || to_json(by_domain.domain),
        CASE WHEN by_domain.account_id IS NULL THEN '"domain_problem": ' || to_json(by_domain.problem) END
    ),
    hosts.seen_on,
    false
FROM hosts
LEFT JOIN domain_step AS by_domain ON by_domain.text = hosts.host;
