-- What the step `domain` says of a text: a website, or the host of an address.
CREATE TABLE domain_step AS
SELECT
    domain_of.text,
    domain_of.domain,
    CASE
        WHEN domain_of.domain IS NULL THEN 'not_a_domain'
        WHEN domain_of.belongs_to_many THEN 'belongs_to_many'
        WHEN domain_holder.partners IS NULL THEN 'no_partner_account'
        WHEN domain_holder.partners > 1 THEN 'several_partner_accounts'
    END AS problem,
    CASE WHEN NOT domain_of.belongs_to_many AND domain_holder.partners = 1 THEN domain_holder.account_id END AS account_id
FROM domain_of
LEFT JOIN domain_holder ON domain_holder.domain = domain_of.domain;
