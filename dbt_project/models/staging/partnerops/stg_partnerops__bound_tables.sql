with final as (
    select
        bound.path as lake_table,
        bound.binding_id,
        bound.version is not null as is_written,
        bound.rows as stored_rows
    from {{ source('meta', 'binding') }} as bound
)

select * from final
