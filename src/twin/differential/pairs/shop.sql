-- different: shop 1
SELECT c.customer_id FROM customers c WHERE c.customer_id NOT IN (SELECT r.customer_id FROM reviews r);
SELECT c.customer_id FROM customers c LEFT JOIN reviews r ON r.customer_id = c.customer_id WHERE r.review_id IS NULL;
-- different: shop 2
SELECT c.customer_id, count(o.order_id) AS n FROM customers c LEFT JOIN orders o ON o.customer_id = c.customer_id AND o.status = 'paid' GROUP BY c.customer_id;
SELECT c.customer_id, count(o.order_id) AS n FROM customers c LEFT JOIN orders o ON o.customer_id = c.customer_id WHERE o.status = 'paid' GROUP BY c.customer_id;
-- different: shop 3
SELECT o.order_id, o.total FROM orders o WHERE o.total > (SELECT avg(total) FROM orders);
SELECT o.order_id, o.total FROM orders o WHERE o.total > (SELECT avg(coalesce(total, 0)) FROM orders);
-- different: shop 4
SELECT p.product_id FROM products p WHERE EXISTS (SELECT 1 FROM order_items i WHERE i.product_id = p.product_id AND i.quantity > 10);
SELECT p.product_id FROM products p JOIN order_items i ON i.product_id = p.product_id WHERE i.quantity > 10;
-- different: shop 5
SELECT o.customer_id, sum(i.quantity * i.unit_price) AS s FROM orders o JOIN order_items i USING (order_id) GROUP BY o.customer_id;
SELECT o.customer_id, sum(o.total) AS s FROM orders o JOIN order_items i USING (order_id) GROUP BY o.customer_id;
-- different: shop 6
SELECT sum(quantity * unit_price * (1 - discount / 100)) AS s FROM order_items;
SELECT sum(quantity * unit_price * (1 - coalesce(discount, 0) / 100)) AS s FROM order_items;
-- different: shop 7
SELECT customer_id FROM customers WHERE deleted_at IS NULL AND vip;
SELECT customer_id FROM customers WHERE vip;
-- different: shop 8
SELECT order_id FROM orders WHERE status <> 'cancelled' AND coupon <> 'X';
SELECT order_id FROM orders WHERE status <> 'cancelled' AND coupon IS DISTINCT FROM 'X';
-- different: shop 9
SELECT product_id, max(rating) AS m FROM reviews GROUP BY product_id HAVING max(rating) < 5;
SELECT product_id, max(rating) AS m FROM reviews WHERE rating < 5 GROUP BY product_id;
-- different: shop 10
SELECT p.product_id, p.title FROM products p LEFT JOIN stock s ON s.product_id = p.product_id WHERE coalesce(s.qty, 0) = 0;
SELECT p.product_id, p.title FROM products p LEFT JOIN stock s ON s.product_id = p.product_id WHERE s.qty = 0 OR s.product_id IS NULL AND p.active;
-- different: shop 11
SELECT DISTINCT o.customer_id FROM orders o;
SELECT o.customer_id FROM orders o;
-- different: shop 12
SELECT country, count(*) FROM customers GROUP BY country HAVING count(*) > 2;
SELECT country, count(*) FROM customers GROUP BY country HAVING count(*) > 1;
-- different: shop 13
SELECT order_id FROM orders WHERE placed_at::date BETWEEN '2024-01-01' AND '2024-01-31';
SELECT order_id FROM orders WHERE placed_at BETWEEN '2024-01-01' AND '2024-01-31';
-- different: shop 14
SELECT order_id FROM orders WHERE placed_at >= now() - interval '7 days';
SELECT order_id FROM orders WHERE placed_at > current_date - 7;
-- different: shop 15
SELECT order_id FROM orders WHERE date_trunc('month', placed_at) = '2024-02-01';
SELECT order_id FROM orders WHERE date_trunc('month', placed_at AT TIME ZONE 'UTC') = '2024-02-01';
-- different: shop 16
SELECT product_id FROM products WHERE attrs @> '{"color": "red"}';
SELECT product_id FROM products WHERE attrs ->> 'color' ILIKE 'red';
-- different: shop 17
SELECT product_id FROM products WHERE (attrs ->> 'size')::int > 10;
SELECT product_id FROM products WHERE attrs ->> 'size' > '10';
-- different: shop 18
SELECT product_id FROM products WHERE tags @> ARRAY['sale'];
SELECT product_id FROM products WHERE tags = ARRAY['sale'];
-- different: shop 19
SELECT product_id FROM products WHERE price * 1.19 > 100;
SELECT product_id FROM products WHERE price > 84;
-- different: shop 20
SELECT round(avg(price), 2) AS p FROM products;
SELECT round(sum(price) / count(*), 1) AS p FROM products;
-- different: shop 21
SELECT customer_id FROM orders GROUP BY customer_id HAVING count(*) FILTER (WHERE status = 'paid') > 1;
SELECT customer_id FROM orders WHERE status = 'paid' GROUP BY customer_id HAVING count(*) >= 1;
-- different: shop 22
SELECT o.order_id, (SELECT i.product_id FROM order_items i WHERE i.order_id = o.order_id ORDER BY i.quantity DESC, i.line_no LIMIT 1) AS p FROM orders o;
SELECT o.order_id, (SELECT i.product_id FROM order_items i WHERE i.order_id = o.order_id ORDER BY i.quantity DESC, i.product_id LIMIT 1) AS p FROM orders o;
-- different: shop 23
SELECT room FROM bookings WHERE during && '[2024-01-01,2024-01-05)'::tsrange;
SELECT room FROM bookings WHERE lower(during) >= '2024-01-01' AND upper(during) <= '2024-01-05';
-- different: shop 24
SELECT a.room FROM bookings a JOIN bookings b ON a.room = b.room AND a.during && b.during;
SELECT room FROM bookings;
-- different: shop 25
SELECT category_id FROM categories WHERE parent_id IS NULL OR parent_id NOT IN (SELECT category_id FROM categories WHERE name = 'root');
SELECT c.category_id FROM categories c LEFT JOIN categories p ON p.category_id = c.parent_id WHERE p.name <> 'root';
-- different: shop 26
WITH RECURSIVE t AS (SELECT category_id, parent_id FROM categories WHERE name = 'root' UNION ALL SELECT c.category_id, c.parent_id FROM categories c JOIN t ON c.parent_id = t.category_id WHERE c.category_id <> c.parent_id) SELECT category_id FROM t;
SELECT category_id FROM categories WHERE name = 'root' OR parent_id = (SELECT category_id FROM categories WHERE name = 'root');
-- different: shop 27
SELECT full_name FROM customers WHERE full_name LIKE '%son';
SELECT full_name FROM customers WHERE full_name ILIKE '%son';
-- different: shop 28
SELECT customer_id FROM customers WHERE country IN ('DE','AT') AND credit_limit > 1000;
SELECT customer_id FROM customers WHERE country IN ('DE','AT') AND credit_limit >= 1000;
-- different: shop 29
SELECT customer_id FROM customers WHERE country IN ('DE','AT') OR credit_limit > 1000 AND vip;
SELECT customer_id FROM customers WHERE (country IN ('DE','AT') OR credit_limit > 1000) AND vip;
-- different: shop 30
SELECT c.customer_id FROM customers c JOIN customers r ON r.customer_id = c.referrer_id WHERE r.vip;
SELECT c.customer_id FROM customers c WHERE c.referrer_id IS NOT NULL AND c.vip;
-- different: shop 31
SELECT coalesce(r.full_name, 'none') AS n FROM customers c LEFT JOIN customers r ON r.customer_id = c.referrer_id;
SELECT r.full_name AS n FROM customers c JOIN customers r ON r.customer_id = c.referrer_id;
-- different: shop 32
SELECT kind, count(DISTINCT user_id) AS n FROM events GROUP BY kind;
SELECT kind, count(*) AS n FROM (SELECT DISTINCT kind, user_id FROM events) x GROUP BY kind;
-- different: shop 33
SELECT user_id, min(at) AS f FROM events GROUP BY user_id;
SELECT DISTINCT ON (user_id) user_id, at AS f FROM events ORDER BY user_id, at NULLS FIRST;
-- different: shop 34
SELECT id FROM events WHERE payload ->> 'type' = 'click' AND payload ? 'x';
SELECT id FROM events WHERE payload @> '{"type": "click"}';
-- different: shop 35
SELECT id FROM events WHERE payload #> '{a,b}' IS NOT NULL;
SELECT id FROM events WHERE payload ->> 'a' IS NOT NULL;
-- different: shop 36
SELECT warehouse, sum(qty - reserved) AS s FROM stock GROUP BY warehouse HAVING sum(qty - reserved) > 0;
SELECT warehouse, sum(qty - reserved) AS s FROM stock WHERE qty > reserved GROUP BY warehouse;
-- different: shop 37
SELECT order_id, row_number() OVER (PARTITION BY customer_id ORDER BY placed_at, order_id) AS r FROM orders WHERE status = 'paid';
SELECT order_id, r FROM (SELECT order_id, status, row_number() OVER (PARTITION BY customer_id ORDER BY placed_at, order_id) AS r FROM orders) x WHERE status = 'paid';
-- different: shop 38
SELECT order_id, sum(total) OVER (PARTITION BY customer_id ORDER BY placed_at) AS s FROM orders WHERE total IS NOT NULL;
SELECT o.order_id, (SELECT sum(p.total) FROM orders p WHERE p.customer_id = o.customer_id AND p.placed_at < o.placed_at) AS s FROM orders o WHERE o.total IS NOT NULL;
-- different: shop 39
SELECT i.order_id FROM order_items i JOIN products p USING (product_id) WHERE p.active;
SELECT i.order_id FROM order_items i;
-- different: shop 40
SELECT i.order_id, i.line_no FROM order_items i JOIN stock s ON s.product_id = i.product_id;
SELECT i.order_id, i.line_no FROM order_items i WHERE i.product_id IN (SELECT product_id FROM stock);
-- different: shop 41
SELECT product_id FROM reviews WHERE rating = 5 INTERSECT SELECT product_id FROM order_items;
SELECT DISTINCT r.product_id FROM reviews r JOIN order_items i ON i.product_id = r.product_id WHERE r.rating >= 4;
-- different: shop 42
SELECT customer_id FROM customers WHERE email = lower(email);
SELECT customer_id FROM customers;
-- different: shop 43
SELECT order_id FROM orders WHERE shipped_at - placed_at > interval '2 days';
SELECT order_id FROM orders WHERE shipped_at::date - placed_at::date > 2;
-- different: shop 44
SELECT order_id FROM orders WHERE extract(dow FROM placed_at) IN (0, 6);
SELECT order_id FROM orders WHERE extract(isodow FROM placed_at) IN (5, 6);
-- different: shop 45
SELECT order_id FROM orders WHERE total / nullif(order_id, 0) > 2;
SELECT order_id FROM orders WHERE total > 2 * order_id;
-- different: shop 46
SELECT order_id FROM paid_orders WHERE coupon IS NULL;
SELECT order_id FROM orders WHERE status = 'paid' AND coupon IS NULL;
-- different: shop 47
SELECT string_agg(title, ', ' ORDER BY title) AS t FROM products WHERE active;
SELECT string_agg(DISTINCT title, ', ' ORDER BY title) AS t FROM products WHERE active;
-- different: shop 48
SELECT product_id FROM products WHERE weight_kg > 0.3;
SELECT product_id FROM products WHERE weight_kg::numeric > 0.3;
-- different: shop 49
SELECT order_id FROM orders o WHERE NOT EXISTS (SELECT FROM order_items i WHERE i.order_id = o.order_id AND i.discount > 0);
SELECT order_id FROM orders o WHERE 0 >= ALL (SELECT i.discount FROM order_items i WHERE i.order_id = o.order_id);
-- different ordered: shop 50
SELECT order_id FROM orders ORDER BY placed_at DESC, order_id LIMIT 5;
SELECT order_id FROM orders WHERE status <> 'cancelled' ORDER BY placed_at DESC, order_id LIMIT 5;
-- different: shop 51
SELECT c.customer_id FROM customers c WHERE (SELECT count(*) FROM orders o WHERE o.customer_id = c.customer_id) >= 3;
SELECT customer_id FROM orders GROUP BY customer_id HAVING count(DISTINCT placed_at) >= 3;
-- different: shop 52
SELECT c.customer_id FROM customers c WHERE (SELECT sum(o.total) FROM orders o WHERE o.customer_id = c.customer_id) < 50;
SELECT c.customer_id FROM customers c LEFT JOIN orders o ON o.customer_id = c.customer_id GROUP BY c.customer_id HAVING coalesce(sum(o.total), 0) < 50;
-- equal: shop 1
SELECT c.customer_id FROM customers c WHERE c.customer_id NOT IN (SELECT o.customer_id FROM orders o);
SELECT c.customer_id FROM customers c WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.customer_id);
-- equal: shop 2
SELECT c.customer_id, (SELECT count(*) FROM orders o WHERE o.customer_id = c.customer_id) AS n FROM customers c;
SELECT c.customer_id, count(o.order_id) AS n FROM customers c LEFT JOIN orders o ON o.customer_id = c.customer_id GROUP BY c.customer_id;
-- equal: shop 3
SELECT o.order_id FROM orders o JOIN customers c ON c.customer_id = o.customer_id;
SELECT order_id FROM orders;
-- equal: shop 4
SELECT i.order_id, i.line_no FROM order_items i JOIN orders o USING (order_id) WHERE o.status = 'paid';
SELECT i.order_id, i.line_no FROM order_items i WHERE EXISTS (SELECT FROM orders o WHERE o.order_id = i.order_id AND o.status = 'paid');
-- equal: shop 5
SELECT order_id FROM orders WHERE status = 'paid' OR status = 'shipped';
SELECT order_id FROM orders WHERE status IN ('paid', 'shipped');
-- equal: shop 6
SELECT order_id FROM paid_orders WHERE total > 100;
SELECT order_id FROM orders WHERE status IN ('paid','shipped') AND total > 100;
-- equal: shop 7
SELECT product_id FROM products WHERE price > 0;
SELECT product_id FROM products;
-- equal: shop 8
SELECT customer_id FROM customers WHERE customer_id IS NOT NULL AND vip = true;
SELECT customer_id FROM customers WHERE vip;
-- equal: shop 9
SELECT review_id FROM reviews WHERE rating BETWEEN 1 AND 5;
SELECT review_id FROM reviews;
-- equal: shop 10
SELECT review_id FROM reviews WHERE rating > 3;
SELECT review_id FROM reviews WHERE rating IN (4, 5);
-- equal: shop 11
SELECT order_id FROM orders WHERE placed_at >= '2024-03-01' AND placed_at < '2024-04-01';
SELECT order_id FROM orders WHERE date_trunc('month', placed_at) = '2024-03-01';
-- equal: shop 12
SELECT order_id FROM orders WHERE placed_at::date = '2024-03-05';
SELECT order_id FROM orders WHERE placed_at >= '2024-03-05' AND placed_at < '2024-03-06';
-- equal: shop 13
SELECT product_id, count(*) FROM reviews GROUP BY product_id HAVING product_id > 10;
SELECT product_id, count(*) FROM reviews WHERE product_id > 10 GROUP BY product_id;
-- equal: shop 14
SELECT DISTINCT customer_id FROM orders WHERE status = 'paid';
SELECT customer_id FROM orders WHERE status = 'paid' GROUP BY customer_id;
-- equal: shop 15
SELECT p.product_id, p.title FROM products p WHERE p.product_id IN (SELECT product_id FROM stock WHERE qty > reserved);
SELECT DISTINCT p.product_id, p.title FROM products p JOIN stock s ON s.product_id = p.product_id WHERE s.qty > s.reserved;
-- equal: shop 16
SELECT o.order_id, o.placed_at FROM orders o WHERE o.placed_at = (SELECT max(x.placed_at) FROM orders x WHERE x.customer_id = o.customer_id);
SELECT order_id, placed_at FROM (SELECT order_id, placed_at, rank() OVER (PARTITION BY customer_id ORDER BY placed_at DESC) AS rk FROM orders) t WHERE rk = 1;
-- equal: shop 17
SELECT customer_id, sum(total) AS s FROM orders GROUP BY customer_id;
SELECT DISTINCT customer_id, sum(total) OVER (PARTITION BY customer_id) AS s FROM orders;
-- equal: shop 18
SELECT full_name FROM customers WHERE country = 'DE' UNION ALL SELECT full_name FROM customers WHERE country = 'AT';
SELECT full_name FROM customers WHERE country IN ('DE', 'AT');
-- equal: shop 19
SELECT customer_id, email FROM customers WHERE country = 'DE' UNION SELECT customer_id, email FROM customers WHERE vip;
SELECT customer_id, email FROM customers WHERE country = 'DE' OR vip;
-- equal: shop 20
SELECT title FROM products WHERE sku LIKE 'AB-%';
SELECT title FROM products WHERE left(sku, 3) = 'AB-';
-- equal: shop 21
SELECT c.full_name, r.full_name AS ref FROM customers c LEFT JOIN customers r ON r.customer_id = c.referrer_id WHERE r.vip;
SELECT c.full_name, r.full_name AS ref FROM customers c JOIN customers r ON r.customer_id = c.referrer_id WHERE r.vip;
-- equal: shop 22
SELECT c.customer_id FROM customers c LEFT JOIN orders o ON o.customer_id = c.customer_id WHERE o.order_id IS NULL;
SELECT customer_id FROM customers EXCEPT SELECT customer_id FROM orders;
-- equal: shop 23
SELECT order_id, total FROM orders ORDER BY order_id DESC LIMIT 10;
SELECT order_id, total FROM (SELECT *, row_number() OVER (ORDER BY order_id DESC) AS rn FROM orders) x WHERE rn <= 10;
-- equal: shop 24
SELECT count(*) AS n FROM orders WHERE coupon IS NOT NULL;
SELECT count(coupon) AS n FROM orders;
-- equal: shop 25
SELECT product_id FROM products WHERE 'sale' = ANY(tags);
SELECT product_id FROM products WHERE tags && ARRAY['sale'];
-- equal: shop 26
SELECT product_id FROM products WHERE attrs ->> 'color' = 'red';
SELECT product_id FROM products WHERE attrs @> '{"color": "red"}' OR attrs ->> 'color' = 'red';
-- equal: shop 27
SELECT p.product_id, s.q FROM products p LEFT JOIN (SELECT product_id, sum(qty) AS q FROM stock GROUP BY product_id) s USING (product_id);
SELECT p.product_id, (SELECT sum(qty) FROM stock s WHERE s.product_id = p.product_id) AS q FROM products p;
-- equal: shop 28
SELECT order_id FROM orders WHERE NOT (status = 'new' OR total < 10);
SELECT order_id FROM orders WHERE status <> 'new' AND total >= 10;
-- equal: shop 29
SELECT customer_id FROM customers WHERE coalesce(credit_limit, 0) >= 500;
SELECT customer_id FROM customers WHERE credit_limit >= 500;
-- equal: shop 30
SELECT country, avg(credit_limit) AS a FROM customers GROUP BY country;
SELECT country, sum(credit_limit) / nullif(count(credit_limit), 0) AS a FROM customers GROUP BY country;
-- equal: shop 31
WITH big AS (SELECT order_id FROM order_items GROUP BY order_id HAVING sum(quantity) > 20) SELECT o.order_id FROM orders o JOIN big USING (order_id);
SELECT o.order_id FROM orders o WHERE (SELECT sum(quantity) FROM order_items i WHERE i.order_id = o.order_id) > 20;
-- equal: shop 32
SELECT room FROM bookings WHERE during @> timestamp '2024-05-01 12:00';
SELECT room FROM bookings WHERE during && tsrange('2024-05-01 12:00', '2024-05-01 12:00', '[]');
-- equal: shop 33
SELECT id FROM events WHERE kind = 'a' AND (user_id = 1 OR user_id = 2);
SELECT id FROM events WHERE kind = 'a' AND user_id = 1 UNION ALL SELECT id FROM events WHERE kind = 'a' AND user_id = 2;
-- equal: shop 34
SELECT order_id FROM orders WHERE total IS NOT NULL AND total <> 0;
SELECT order_id FROM orders WHERE total <> 0;
-- equal: shop 35
SELECT o.order_id, i.line_no FROM orders o LEFT JOIN order_items i ON i.order_id = o.order_id AND i.quantity > 5;
SELECT o.order_id, i.line_no FROM orders o LEFT JOIN (SELECT * FROM order_items WHERE quantity > 5) i ON i.order_id = o.order_id;
-- equal: shop 36
SELECT warehouse FROM stock WHERE (warehouse, product_id) IN (('north', 1), ('south', 2));
SELECT warehouse FROM stock WHERE warehouse = 'north' AND product_id = 1 OR warehouse = 'south' AND product_id = 2;
-- equal ordered: shop 37
SELECT order_id FROM orders WHERE customer_id = $1 AND status = 'paid' ORDER BY order_id LIMIT $2;
SELECT order_id FROM (SELECT * FROM orders WHERE status = 'paid') o WHERE customer_id = $1 ORDER BY order_id LIMIT $2;
-- equal: shop 38
SELECT CASE WHEN vip THEN 'gold' WHEN credit_limit > 100 THEN 'silver' ELSE 'none' END AS lvl FROM customers;
SELECT CASE WHEN NOT vip AND credit_limit > 100 THEN 'silver' WHEN vip THEN 'gold' ELSE 'none' END AS lvl FROM customers;
-- equal: shop 39
SELECT category_id FROM categories c WHERE EXISTS (SELECT FROM categories k WHERE k.parent_id = c.category_id);
SELECT DISTINCT parent_id AS category_id FROM categories WHERE parent_id IS NOT NULL;
-- equal: shop 40
SELECT r.product_id FROM reviews r WHERE r.customer_id IS NOT NULL GROUP BY r.product_id, r.customer_id;
SELECT product_id FROM reviews WHERE customer_id IS NOT NULL;
