select order_id, price from {{ source('raw', 'orders') }}
