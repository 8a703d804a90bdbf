-- Every registration of Salesforce and every deal of the marketplace but test deals stands in exactly one fact, and no fact
-- stands for anything else.
with expected as (
    select 'salesforce' as source, deal_registration_id as source_id from {{ ref('stg_salesforce__deal_registrations') }}

    union all

    select 'partnerstack', deal_key from {{ ref('stg_partnerstack__deals') }}
    where not is_test
),

found as (
    select source, source_id, count(*) as facts
    from (
        select 'salesforce' as source, salesforce_id as source_id from {{ ref('fct_deal_registrations') }}

        union all

        select 'partnerstack', marketplace_key from {{ ref('fct_deal_registrations') }}
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
