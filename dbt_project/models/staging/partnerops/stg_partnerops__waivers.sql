-- Of two waivers of one gap given on one day, the one committed last counts.
with numbered as (
    select
        waivers.*,
        row_number() over (
            partition by waivers.rule_id, waivers.entity_id, waivers.given_on
            order by waivers._committed_at desc nulls last, waivers._batch_id desc nulls last
        ) as _version_from_newest
    from {{ source('partnerops', 'waiver') }} as waivers
),

final as (
    select
        -- keys
        numbered.rule_id,
        numbered.entity_id,
        numbered.given_on,
        -- attributes
        numbered.until as waived_until,
        numbered.author,
        numbered.reason
    from numbered
    where numbered._version_from_newest = 1
)

select * from final
