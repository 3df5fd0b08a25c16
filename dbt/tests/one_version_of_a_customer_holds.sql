select
    customer_id,
    count(*) as versions

from {{ ref('snap_customers') }}

where dbt_valid_to is null

group by customer_id

having count(*) > 1
