;; Products of matrices in pairs of floats (SIMD), for products.js, which lays the numbers out:
;; rows one after the other, of a multiple of 4 numbers; `k` is the bytes of a row.
(module
  (memory (export "memory") 1)

  ;; out[i, j] = row i of a times row j of b: tiles of 4 rows by 2, m by 4 and n by 2.
  (func (export "dots") (param $a i32) (param $b i32) (param $out i32)
      (param $m i32) (param $n i32) (param $k i32)
    (local $i i32) (local $j i32) (local $end i32)
    (local $p0 i32) (local $p1 i32) (local $p2 i32) (local $p3 i32) (local $q0 i32) (local $q1 i32)
    (local $b0 v128) (local $b1 v128) (local $x v128)
    (local $s0 v128) (local $s1 v128) (local $s2 v128) (local $s3 v128)
    (local $s4 v128) (local $s5 v128) (local $s6 v128) (local $s7 v128)
    (loop $rows
      (local.set $j (i32.const 0))
      (loop $columns
        (local.set $p0 (i32.add (local.get $a) (i32.mul (local.get $i) (local.get $k))))
        (local.set $p1 (i32.add (local.get $p0) (local.get $k)))
        (local.set $p2 (i32.add (local.get $p1) (local.get $k)))
        (local.set $p3 (i32.add (local.get $p2) (local.get $k)))
        (local.set $q0 (i32.add (local.get $b) (i32.mul (local.get $j) (local.get $k))))
        (local.set $q1 (i32.add (local.get $q0) (local.get $k)))
        (local.set $end (local.get $q1))
        (local.set $s0 (v128.const f64x2 0 0))
        (local.set $s1 (v128.const f64x2 0 0))
        (local.set $s2 (v128.const f64x2 0 0))
        (local.set $s3 (v128.const f64x2 0 0))
        (local.set $s4 (v128.const f64x2 0 0))
        (local.set $s5 (v128.const f64x2 0 0))
        (local.set $s6 (v128.const f64x2 0 0))
        (local.set $s7 (v128.const f64x2 0 0))
        (loop $along
          (local.set $b0 (v128.load (local.get $q0)))
          (local.set $b1 (v128.load (local.get $q1)))
          (local.set $x (v128.load (local.get $p0)))
          (local.set $s0 (f64x2.add (local.get $s0) (f64x2.mul (local.get $x) (local.get $b0))))
          (local.set $s1 (f64x2.add (local.get $s1) (f64x2.mul (local.get $x) (local.get $b1))))
          (local.set $x (v128.load (local.get $p1)))
          (local.set $s2 (f64x2.add (local.get $s2) (f64x2.mul (local.get $x) (local.get $b0))))
          (local.set $s3 (f64x2.add (local.get $s3) (f64x2.mul (local.get $x) (local.get $b1))))
          (local.set $x (v128.load (local.get $p2)))
          (local.set $s4 (f64x2.add (local.get $s4) (f64x2.mul (local.get $x) (local.get $b0))))
          (local.set $s5 (f64x2.add (local.get $s5) (f64x2.mul (local.get $x) (local.get $b1))))
          (local.set $x (v128.load (local.get $p3)))
          (local.set $s6 (f64x2.add (local.get $s6) (f64x2.mul (local.get $x) (local.get $b0))))
          (local.set $s7 (f64x2.add (local.get $s7) (f64x2.mul (local.get $x) (local.get $b1))))
          (local.set $b0 (v128.load offset=16 (local.get $q0)))
          (local.set $b1 (v128.load offset=16 (local.get $q1)))
          (local.set $x (v128.load offset=16 (local.get $p0)))
          (local.set $s0 (f64x2.add (local.get $s0) (f64x2.mul (local.get $x) (local.get $b0))))
          (local.set $s1 (f64x2.add (local.get $s1) (f64x2.mul (local.get $x) (local.get $b1))))
          (local.set $x (v128.load offset=16 (local.get $p1)))
          (local.set $s2 (f64x2.add (local.get $s2) (f64x2.mul (local.get $x) (local.get $b0))))
          (local.set $s3 (f64x2.add (local.get $s3) (f64x2.mul (local.get $x) (local.get $b1))))
          (local.set $x (v128.load offset=16 (local.get $p2)))
          (local.set $s4 (f64x2.add (local.get $s4) (f64x2.mul (local.get $x) (local.get $b0))))
          (local.set $s5 (f64x2.add (local.get $s5) (f64x2.mul (local.get $x) (local.get $b1))))
          (local.set $x (v128.load offset=16 (local.get $p3)))
          (local.set $s6 (f64x2.add (local.get $s6) (f64x2.mul (local.get $x) (local.get $b0))))
          (local.set $s7 (f64x2.add (local.get $s7) (f64x2.mul (local.get $x) (local.get $b1))))
          (local.set $p0 (i32.add (local.get $p0) (i32.const 32)))
          (local.set $p1 (i32.add (local.get $p1) (i32.const 32)))
          (local.set $p2 (i32.add (local.get $p2) (i32.const 32)))
          (local.set $p3 (i32.add (local.get $p3) (i32.const 32)))
          (local.set $q1 (i32.add (local.get $q1) (i32.const 32)))
          (br_if $along (i32.lt_u
            (local.tee $q0 (i32.add (local.get $q0) (i32.const 32))) (local.get $end))))
        (local.set $p0 (i32.add (local.get $out) (i32.shl (i32.add (local.get $j)
          (i32.mul (i32.add (local.get $i) (i32.const 0)) (local.get $n))) (i32.const 3))))
        (f64.store offset=0 (local.get $p0) (f64.add
          (f64x2.extract_lane 0 (local.get $s0)) (f64x2.extract_lane 1 (local.get $s0))))
        (f64.store offset=8 (local.get $p0) (f64.add
          (f64x2.extract_lane 0 (local.get $s1)) (f64x2.extract_lane 1 (local.get $s1))))
        (local.set $p1 (i32.add (local.get $out) (i32.shl (i32.add (local.get $j)
          (i32.mul (i32.add (local.get $i) (i32.const 1)) (local.get $n))) (i32.const 3))))
        (f64.store offset=0 (local.get $p1) (f64.add
          (f64x2.extract_lane 0 (local.get $s2)) (f64x2.extract_lane 1 (local.get $s2))))
        (f64.store offset=8 (local.get $p1) (f64.add
          (f64x2.extract_lane 0 (local.get $s3)) (f64x2.extract_lane 1 (local.get $s3))))
        (local.set $p2 (i32.add (local.get $out) (i32.shl (i32.add (local.get $j)
          (i32.mul (i32.add (local.get $i) (i32.const 2)) (local.get $n))) (i32.const 3))))
        (f64.store offset=0 (local.get $p2) (f64.add
          (f64x2.extract_lane 0 (local.get $s4)) (f64x2.extract_lane 1 (local.get $s4))))
        (f64.store offset=8 (local.get $p2) (f64.add
          (f64x2.extract_lane 0 (local.get $s5)) (f64x2.extract_lane 1 (local.get $s5))))
        (local.set $p3 (i32.add (local.get $out) (i32.shl (i32.add (local.get $j)
          (i32.mul (i32.add (local.get $i) (i32.const 3)) (local.get $n))) (i32.const 3))))
        (f64.store offset=0 (local.get $p3) (f64.add
          (f64x2.extract_lane 0 (local.get $s6)) (f64x2.extract_lane 1 (local.get $s6))))
        (f64.store offset=8 (local.get $p3) (f64.add
          (f64x2.extract_lane 0 (local.get $s7)) (f64x2.extract_lane 1 (local.get $s7))))
        (br_if $columns (i32.lt_u
          (local.tee $j (i32.add (local.get $j) (i32.const 2))) (local.get $n))))
      (br_if $rows (i32.lt_u
        (local.tee $i (i32.add (local.get $i) (i32.const 4))) (local.get $m)))))

  ;; out[i] = row i of a times v: 4 rows at a time.
  (func (export "rows") (param $a i32) (param $v i32) (param $out i32) (param $m i32) (param $k i32)
    (local $q i32) (local $end i32) (local $x v128)
    (local $p0 i32) (local $p1 i32) (local $p2 i32) (local $p3 i32)
    (local $s0 v128) (local $s1 v128) (local $s2 v128) (local $s3 v128)
    (local.set $p0 (local.get $a))
    (local.set $end (i32.add (local.get $v) (local.get $k)))
    (loop $rows
      (local.set $p1 (i32.add (local.get $p0) (local.get $k)))
      (local.set $p2 (i32.add (local.get $p1) (local.get $k)))
      (local.set $p3 (i32.add (local.get $p2) (local.get $k)))
      (local.set $q (local.get $v))
      (local.set $s0 (v128.const f64x2 0 0))
      (local.set $s1 (v128.const f64x2 0 0))
      (local.set $s2 (v128.const f64x2 0 0))
      (local.set $s3 (v128.const f64x2 0 0))
      (loop $along
        (local.set $x (v128.load (local.get $q)))
        (local.set $s0 (f64x2.add (local.get $s0)
          (f64x2.mul (local.get $x) (v128.load (local.get $p0)))))
        (local.set $s1 (f64x2.add (local.get $s1)
          (f64x2.mul (local.get $x) (v128.load (local.get $p1)))))
        (local.set $s2 (f64x2.add (local.get $s2)
          (f64x2.mul (local.get $x) (v128.load (local.get $p2)))))
        (local.set $s3 (f64x2.add (local.get $s3)
          (f64x2.mul (local.get $x) (v128.load (local.get $p3)))))
        (local.set $x (v128.load offset=16 (local.get $q)))
        (local.set $s0 (f64x2.add (local.get $s0)
          (f64x2.mul (local.get $x) (v128.load offset=16 (local.get $p0)))))
        (local.set $s1 (f64x2.add (local.get $s1)
          (f64x2.mul (local.get $x) (v128.load offset=16 (local.get $p1)))))
        (local.set $s2 (f64x2.add (local.get $s2)
          (f64x2.mul (local.get $x) (v128.load offset=16 (local.get $p2)))))
        (local.set $s3 (f64x2.add (local.get $s3)
          (f64x2.mul (local.get $x) (v128.load offset=16 (local.get $p3)))))
        (local.set $p0 (i32.add (local.get $p0) (i32.const 32)))
        (local.set $p1 (i32.add (local.get $p1) (i32.const 32)))
        (local.set $p2 (i32.add (local.get $p2) (i32.const 32)))
        (local.set $p3 (i32.add (local.get $p3) (i32.const 32)))
        (br_if $along (i32.lt_u
          (local.tee $q (i32.add (local.get $q) (i32.const 32))) (local.get $end))))
      (f64.store offset=0 (local.get $out) (f64.add
        (f64x2.extract_lane 0 (local.get $s0)) (f64x2.extract_lane 1 (local.get $s0))))
      (f64.store offset=8 (local.get $out) (f64.add
        (f64x2.extract_lane 0 (local.get $s1)) (f64x2.extract_lane 1 (local.get $s1))))
      (f64.store offset=16 (local.get $out) (f64.add
        (f64x2.extract_lane 0 (local.get $s2)) (f64x2.extract_lane 1 (local.get $s2))))
      (f64.store offset=24 (local.get $out) (f64.add
        (f64x2.extract_lane 0 (local.get $s3)) (f64x2.extract_lane 1 (local.get $s3))))
      (local.set $out (i32.add (local.get $out) (i32.const 32)))
      (local.set $p0 (local.get $p3))
      (br_if $rows (i32.gt_s
        (local.tee $m (i32.sub (local.get $m) (i32.const 4))) (i32.const 0)))))

  ;; out += v[i] times row i of a: 4 rows at a time.
  (func (export "columns") (param $a i32) (param $v i32) (param $out i32) (param $m i32) (param $k i32)
    (local $q i32) (local $end i32)
    (local $p0 i32) (local $p1 i32) (local $p2 i32) (local $p3 i32)
    (local $c0 v128) (local $c1 v128) (local $c2 v128) (local $c3 v128)
    (local.set $p0 (local.get $a))
    (local.set $end (i32.add (local.get $out) (local.get $k)))
    (loop $rows
      (local.set $p1 (i32.add (local.get $p0) (local.get $k)))
      (local.set $p2 (i32.add (local.get $p1) (local.get $k)))
      (local.set $p3 (i32.add (local.get $p2) (local.get $k)))
      (local.set $c0 (v128.load64_splat offset=0 (local.get $v)))
      (local.set $c1 (v128.load64_splat offset=8 (local.get $v)))
      (local.set $c2 (v128.load64_splat offset=16 (local.get $v)))
      (local.set $c3 (v128.load64_splat offset=24 (local.get $v)))
      (local.set $q (local.get $out))
      (loop $along
        (v128.store (local.get $q) (f64x2.add (v128.load (local.get $q)) (f64x2.add
          (f64x2.add (f64x2.mul (local.get $c0) (v128.load (local.get $p0)))
            (f64x2.mul (local.get $c1) (v128.load (local.get $p1))))
          (f64x2.add (f64x2.mul (local.get $c2) (v128.load (local.get $p2)))
            (f64x2.mul (local.get $c3) (v128.load (local.get $p3)))))))
        (v128.store offset=16 (local.get $q) (f64x2.add (v128.load offset=16 (local.get $q)) (f64x2.add
          (f64x2.add (f64x2.mul (local.get $c0) (v128.load offset=16 (local.get $p0)))
            (f64x2.mul (local.get $c1) (v128.load offset=16 (local.get $p1))))
          (f64x2.add (f64x2.mul (local.get $c2) (v128.load offset=16 (local.get $p2)))
            (f64x2.mul (local.get $c3) (v128.load offset=16 (local.get $p3)))))))
        (local.set $p0 (i32.add (local.get $p0) (i32.const 32)))
        (local.set $p1 (i32.add (local.get $p1) (i32.const 32)))
        (local.set $p2 (i32.add (local.get $p2) (i32.const 32)))
        (local.set $p3 (i32.add (local.get $p3) (i32.const 32)))
        (br_if $along (i32.lt_u
          (local.tee $q (i32.add (local.get $q) (i32.const 32))) (local.get $end))))
      (local.set $v (i32.add (local.get $v) (i32.const 32)))
      (local.set $p0 (local.get $p3))
      (br_if $rows (i32.gt_s
        (local.tee $m (i32.sub (local.get $m) (i32.const 4))) (i32.const 0))))))
