-- Found by its hash, a gap says the same whichever row of the ledger told it.
with told as (
    select
        ledger.*,
        row_number() over (
            partition by ledger.gap_id, ledger.evidence_hash
            order by ledger.committed_at, ledger.evaluation_id
        ) as place
    from {{ ref('stg_partnerops__gap_ledger') }} as ledger
    where ledger.title is not null
),

final as (
    select
        told.gap_id,
        told.evidence_hash,
        told.rule_id,
        told.source_system,
        told.entity_type,
        told.entity_id,
        told.partner_id,
        told.severity,
        told.title,
        told.evidence,
        told.record_url,
        told.owner_team,
        told.existed_since,
        told.due_on,
        told.revenue_at_stake
    from told
    where told.place = 1
)

select * from final
