-- The evaluations of each rule in order, the present one last. One in which the rule was not evaluated says nothing of
-- its gaps; one in which it was switched off says that there are none.
-- The present binding is evaluated anew, so its own traces in the ledger are left out: the same binding built twice
-- gives the same bytes. Of two evaluations of one binding on one day the later one corrects the earlier.
with present as (
    select {{ as_of() }} as as_of, max(tables.binding_id) as binding_id
    from {{ ref('stg_partnerops__bound_tables') }} as tables
),

past as (
    select
        ledger.*,
        row_number() over (
            partition by ledger.rule_id, ledger.as_of, ledger.binding_id
            order by ledger.committed_at desc, ledger.evaluation_id desc
        ) as place
    from {{ ref('stg_partnerops__rule_ledger') }} as ledger
    cross join present
    where
        ledger.as_of < present.as_of
        or (ledger.as_of = present.as_of and ledger.binding_id <> present.binding_id)
),

speaking as (
    select past.rule_id, past.evaluation_id, past.as_of, past.committed_at, past.state, 0 as is_present
    from past
    where past.place = 1 and past.state in ('evaluated', 'disabled')

    union all

    select states.rule_id, 'present', present.as_of, null, states.state, 1
    from {{ ref('int_gap__rule_states') }} as states
    cross join present
    where states.state in ('evaluated', 'disabled')
),

final as (
    select
        speaking.rule_id,
        speaking.evaluation_id,
        speaking.as_of,
        speaking.state,
        speaking.is_present = 1 as is_present,
        cast(
            row_number() over (
                partition by speaking.rule_id
                order by speaking.as_of, speaking.is_present, speaking.committed_at, speaking.evaluation_id
            ) as bigint
        ) as evaluation_number,
        row_number() over (
            partition by speaking.rule_id, speaking.as_of
            order by speaking.is_present desc, speaking.committed_at desc, speaking.evaluation_id desc
        ) = 1 as is_last_of_day
    from speaking
)

select * from final
