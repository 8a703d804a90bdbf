-- Every claim of Salesforce and every claim of the portal stands in exactly one fact, and no fact stands for
-- anything else.
with expected as (
    select 'salesforce' as source, mdf_claim_id as source_id from {{ ref('stg_salesforce__partner_fund_claims') }}

    union all

    select 'impartner', prm_claim_id from {{ ref('stg_impartner__mdf_claims') }}
),

found as (
    select source, source_id, count(*) as facts
    from (
        select 'salesforce' as source, salesforce_id as source_id from {{ ref('fct_mdf_claims') }}

        union all

        select 'impartner', prm_claim_id from {{ ref('fct_mdf_claims') }}
    ) as carried
    where source_id is not null
    group by source, source_id
)

select
    coalesce(expected.source, found.source) as source,
    coalesce(expected.source_id, found.source_id) as source_id,
    found.facts
from expected
full outer join found on expected.source = found.source and expected.source_id = found.source_id
where expected.source_id is null or found.source_id is null or found.facts <> 1
