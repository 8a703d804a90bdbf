select account.id, account.amount, clock.as_of
from {{ source('salesforce', 'account') }} as account
cross join {{ source('meta', 'clock') }} as clock
