-- Every deal as it stood on the as-of day: stage, amount and close date by history, else by the present record; whether
-- it was won, lost or open; when it was decided; and whether it counts.
with opportunities as (
    select
        opportunities.*,
        history.opportunity_id is not null as has_history,
        case when history.opportunity_id is null then opportunities.stage_name else history.stage_name end
            as stage_name_as_of,
        case when history.opportunity_id is null then opportunities.amount else history.amount end as amount_as_of,
        case when history.opportunity_id is null then opportunities.close_date else history.close_date end
            as close_date_as_of,
        history.lost_date as history_lost_date
    from {{ ref('stg_salesforce__opportunities') }} as opportunities
    left join {{ ref('int_opportunity__history_state') }} as history
        on opportunities.opportunity_id = history.opportunity_id
),

placed as (
    select
        opportunities.*,
        coalesce(stage_map.stage_category, 'unknown') as stage_category,
        stage_map.stage_name is not null as is_stage_mapped,
        coalesce(survivors.survivor_account_id, opportunities.account_id) as survivor_account_id,
        accounts.account_id is not null as is_account_known,
        accounts.region as account_region,
        opportunities.is_test
        or coalesce(accounts.is_test, false)
        or exists (
            select 1
            from {{ ref('test_name_patterns') }} as test_name_patterns
            where lower(opportunities.opportunity_name) like test_name_patterns.pattern
        ) as is_test_deal,
        coalesce(accounts.is_own_company, false) as is_own_company_deal
    from opportunities
    left join {{ ref('stage_map') }} as stage_map on opportunities.stage_name_as_of = stage_map.stage_name
    left join {{ ref('int_account__survivors') }} as survivors on opportunities.account_id = survivors.account_id
    left join {{ ref('int_account__current') }} as accounts on survivors.survivor_account_id = accounts.account_id
),

stated as (
    select
        placed.*,
        case
            when placed.created_date > {{ as_of() }} then 'not_yet_created'
            when placed.stage_category = 'void' then 'void'
            when placed.stage_category = 'won' and placed.close_date_as_of <= {{ as_of() }} then 'won'
            when placed.stage_category = 'won' and placed.has_history then 'neither'
            when placed.stage_category = 'lost' and placed.has_history then 'lost'
            when placed.stage_category = 'lost' and placed.close_date_as_of <= {{ as_of() }} then 'lost'
            else 'open'
        end as state
    from placed
),

decided as (
    select
        stated.*,
        case
            when stated.state = 'won' then stated.close_date_as_of
            when stated.state = 'lost' and stated.has_history then stated.history_lost_date
            when stated.state = 'lost' then stated.close_date_as_of
        end as decided_date
    from stated
),

final as (
    select
        decided.opportunity_id,
        decided.opportunity_name,
        decided.survivor_account_id as account_id,
        decided.is_account_known,
        coalesce(decided.account_region, 'unknown') as account_region,
        decided.owner_id,
        decided.contact_id,
        decided.contract_id,
        decided.partner_account_id,
        decided.fulfillment_partner_id,
        decided.lead_source,
        decided.source_type,
        coalesce(opportunity_type_map.opportunity_type, 'unknown') as opportunity_type,
        decided.prior_contract_end_date,
        decided.created_at,
        decided.created_date,
        decided.has_history,
        decided.stage_name_as_of as stage_name,
        decided.stage_category,
        decided.is_stage_mapped,
        decided.state,
        cast(decided.amount_as_of as numeric(18, 2)) as amount,
        decided.currency_iso_code,
        decided.close_date_as_of as close_date,
        decided.decided_date,
        case when decided.decided_date is not null then greatest(decided.decided_date, decided.created_date) end
            as effective_close_date,
        case
            when decided.decided_date is null then {{ as_of() }}
            else greatest(decided.decided_date, decided.created_date)
        end as cutoff_date,
        case
            when decided.is_deleted then 'deleted'
            when decided.state = 'not_yet_created' then 'not_yet_created'
            when decided.is_test_deal then 'test'
            when decided.is_own_company_deal then 'own_company'
            when decided.state = 'void' then 'void'
        end as ineligible_reason
    from decided
    left join {{ ref('opportunity_type_map') }} as opportunity_type_map
        on decided.source_type = opportunity_type_map.source_type
)

select * from final
