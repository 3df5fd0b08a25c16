{{ config(materialized='table') }}
select details:wrapping:colour::varchar as colour, typeof(details) as kind, sum(details:units::number) as units
from {{ ref('stg_orders') }}
where details is not null
group by 1, 2
