select order_id, price from {{ ref('orders') }} where price > {{ var('lowest_dear_price', 0) }}
