select
    loaded.order_id as loaded_order_id,
    built.order_id as built_order_id

from {{ ref('stg_orders') }} as loaded

full outer join {{ ref('fct_orders') }} as built on loaded.order_id = built.order_id

where
    loaded.order_id is null
    or built.order_id is null
