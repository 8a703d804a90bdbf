select * from {{ ref('accounts') }} where amount > 1000000
