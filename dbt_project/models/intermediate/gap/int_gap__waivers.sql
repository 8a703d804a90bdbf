-- The waiver given last speaks, also where it ends sooner than the one before.
with given as (
    select
        waivers.*,
        row_number() over (partition by waivers.rule_id, waivers.entity_id order by waivers.given_on desc) as place
    from {{ ref('stg_partnerops__waivers') }} as waivers
    where waivers.given_on <= {{ as_of() }}
),

final as (
    select given.rule_id, given.entity_id, given.waived_until, given.author, given.reason
    from given
    where given.place = 1 and given.waived_until >= {{ as_of() }}
)

select * from final
