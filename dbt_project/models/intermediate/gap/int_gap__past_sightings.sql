with final as (
    select
        ledger.gap_id,
        ledger.rule_id,
        evaluations.evaluation_number,
        evaluations.as_of,
        ledger.state,
        ledger.due_on,
        ledger.evidence_hash
    from {{ ref('stg_partnerops__gap_ledger') }} as ledger
    inner join {{ ref('int_gap__evaluations') }} as evaluations
        on ledger.evaluation_id = evaluations.evaluation_id and ledger.rule_id = evaluations.rule_id
    where evaluations.state = 'evaluated'
)

select * from final
