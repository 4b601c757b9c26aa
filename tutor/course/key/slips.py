"""Wrong answers that people arrive at, by exercise, and what each of them tells.

Comes before the checks. A number or a list of numbers, a function of the right number, or a formula
of what the question is about.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tutor import tensor
from tutor.course.key.formulas import larger, late, masked, missed
from tutor.loops import scan

_PAIRS = tensor.constant(np.array([1.0, 2.0, 10.0, 20.0, 100.0, 200.0]))  # of notebook 04

SLIPS: dict[str, list[tuple[Any, str]]] = {
    "00-1": [
        (5, "One is missing: the minus counts, and so does the product at the end."),
        (4, "Two are missing: the power and the minus count as well."),
        (7, "x is an input, and no operation."),
        (8, "The constants are no operations: count the shapes with round ends alone."),
        (9, "Inputs and constants are no operations: count the shapes with round ends alone.")],
    "01-3": [
        (7, "Each number of the row meets each number of the column."),
        (4, "The column stretches, too: each of its numbers meets each of the row.")],
    "02-1": [
        (lambda x: (x + x ** 2) / 2, "Only the square is halved, and x itself stays."),
        (lambda x: x + x ** 0.5, "x ** 0.5 is the root: square x, and halve that."),
        (lambda x: x + x / 4, "x / 2 ** 2 is x / 4: the power comes first, and then /.")],
    "02-2": [
        (lambda v: tensor.sum(abs(v)), "That is the sum of the sizes, as if around corners."),
        (lambda v: tensor.max(v), "That is the largest element alone.")],
    "02-3": [
        (lambda X, W, b: tensor.tanh(tensor.dot(X, W)) + b, "b is added before tanh bends.")],
    "03-1": [
        (lambda a, b: (a + b) ** 2, "That is the square of the sum: square first, and then add."),
        (lambda a, b: 2 * a + 2 * b, "a² is a · a, and not 2a.")],
    "03-3": [
        (lambda xs, m: [tensor.sum((xs - m) ** 2), tensor.sum(2 * (xs - m))],
         "m is taken away: the inner derivative, that of xs − m with respect to m, is −1."),
        (lambda xs, m: [tensor.sum((xs - m) ** 2), -2 * (xs - m)],
         "m is in every term: the slopes of the terms are added."),
        (lambda xs, m: [tensor.sum((xs - m) ** 2), 2 * (xs - m)],
         "That is the slope with respect to xs: m is asked for.")],
    "04-1": [
        (lambda c: 2 + c ** 2, "x and y have changed places."),
        (lambda c: 2 * c + 1, "x is c squared here."),
        (lambda c: 4 * c + 1, "c squared is c ** 2, and not 2c."),
        (lambda c: 20 * c + 5, "Those are the givens from above: here x is c², and y is 1.")],
    "04-3": [
        (lambda x, y: 2 * x + y, "That is total as it was: nothing has been put in."),
        (lambda x, y: 3 * x + y, "x to the power of 3 is x ** 3, and not 3x."),
        (lambda x, y: x ** 3 + 2 * y, "y is in total already.")],
    "04-2": [
        (lambda i: tensor.sum(_PAIRS[i:i + 2]), "Pair number i begins at 2 * i, and not at i."),
        (lambda i: tensor.sum(_PAIRS[2 * i:i + 2]), "It ends before 2 * i + 2, and not i + 2."),
        (lambda i: tensor.sum(_PAIRS[2 * i:2 * i + 1]),
         "The end of a slice is not part of it: that is one number, and not two.")],
    "05-1": [
        (lambda x: x ** 3 - 2 * x, "That is the function itself: its slope is asked for."),
        (lambda x: 6 * x, "That is the second derivative: differentiate only once."),
        (lambda x: 3 * x ** 2, "The straight line 2x has a slope, too."),
        (lambda x: 3 * x ** 2 - 2 * x, "2x is a straight line: its slope is the same everywhere."),
        (lambda x: 2 * x ** 3 - 2, "The power comes down in front and falls by one.")],
    "05-2": [
        (lambda x: tensor.sin(x) * x, "That is the function itself, without a derivative."),
        (lambda x: tensor.cos(x) * x + tensor.sin(x),
         "That is the first derivative: differentiate it once more."),
        (lambda x: -tensor.sin(x) * x, "It is a product: each of its factors has a derivative."),
        (lambda x: -tensor.sin(x), "It is sin(x) · x: the factor x has a derivative, too."),
        (lambda x: (tensor.cos(x) * x + tensor.sin(x)) ** 2,
         "That is the square of the first derivative, and not the derivative of it.")],
    "05-3": [
        (lambda v: 2 * v, "That is for the sum of the squares: here the sum comes first."),
        (lambda v: tensor.sum(v) ** 2 * tensor.ones_like(v), "That is the value, and no slope."),
        (lambda v: 2 * tensor.sum(v ** 2) * tensor.ones_like(v),
         "The slope of s² is 2s, and s is the sum itself, without squares."),
        (lambda v: 2 * tensor.sum(v) * v, "The slope of a sum by each of its elements is 1."),
        (lambda v: 2 * tensor.sum(v),
         "That is one number, and there is a slope for each element: T.ones_like(v) has as many.")],
    "06-3": [
        (lambda data: tensor.mean((data - 2.0) ** 2), "That is the cost: its slope is asked for."),
        (lambda data: tensor.mean(data - 2.0),
         "The slope of u² is 2u, and u = data − m falls as m grows.")],
    "08-1": [
        (lambda rate: rate / 2, "With it each step halves the distance."),
        (lambda rate: 0.9 * rate, "With it a tenth of the way is left after the first step."),
        (lambda rate: rate * 2, "With it c leaps to the other side, and is as far away as before."),
        (lambda rate: 1 / rate,
         "That is how steep it is for each unit of distance: the rate is one over it.")],
    "08-2": [
        (0.1, "With it c is at 3 in one step, and comes to rest there."),
        (0.19, "With it the leaps still become shorter: the factor is −0.9."),
        (0.21, "It begins a little earlier: where is 1 − 10 · rate exactly −1?"),
        (0.25, "It begins earlier: where is 1 − 10 · rate exactly −1?"),
        (1, "The factor is 1 − 10 · rate: where is its size 1?")],
    "09-1": [
        (lambda p: 1 / (1 + tensor.exp(-p)), "That is the way there, from z to p."),
        (lambda p: p / (1 - p), "Those are the odds, e^z: z is their logarithm."),
        (lambda p: 1 / p - 1, "That is e^(−z): solve it for z."),
        (lambda p: tensor.log(1 / p), "That is log (1 + e^(−z)): the 1 goes before the logarithm."),
        (lambda p: tensor.log(1 / p) - 1, "The 1 is taken away before the logarithm."),
        (lambda p: -tensor.log(1 / p) + 1, "The 1 is taken away before the logarithm."),
        (lambda p: tensor.log(p) / tensor.log(1 - p),
         "The logarithm of a quotient is a difference, and not a quotient.")],
    "09-2": [
        (lambda all_: all_ - 10, "Those are the weights: each class has one number more."),
        (lambda all_: all_ - 9, "There is one number more for each class, and not one in all."),
        (lambda all_: all_ / 10 + 9, "Each class has a weight of its own for each feature."),
        (lambda all_: all_ / 10, "That is a single class, and there are ten."),
        (lambda all_: all_ * 1.1 - 11, "Each class has one number more, and not each feature.")],
    "09-3": [
        (lambda q, a: tensor.sum(-(1 + a) / 2 * tensor.log(q) - (1 - a) / 2 * tensor.log(1 - q)),
         "It takes the sum where the mean is asked for."),
        (lambda q, a: tensor.mean(-a * tensor.log(q) - (1 - a) * tensor.log(1 - q)),
         "In that formula a no is 0, and here it is −1."),
        (lambda q, a: tensor.mean((q - a) ** 2), "That is the mean of the squared distances."),
        (lambda q, a: tensor.mean(-a * tensor.log(q)),
         "A no costs −log (1 − q): with a = −1 that is log q."),
        (lambda q, a: tensor.mean(-(1 + a) / 2 * tensor.log(q)), "A no costs something, too."),
        (lambda q, a: tensor.mean(-(1 - a) / 2 * tensor.log(q) - (1 + a) / 2 * tensor.log(1 - q)),
         "A yes costs −log q, and here a no does.")],
    "10-2": [
        (100, "That is a step of plain descent: Adam divides the slope by its size."),
        (1000, "That is the slope: it is divided by its own size, and multiplied by the rate."),
        (1, "That is the slope divided by its size: the rate is still missing."),
        (0.01, "The hats make the mean the slope itself, and not a tenth of it.")],
    "11-1": [
        ([1, 6, 6, 12], "What is taken away gets the opposite sign."),
        ([1, 3, -3, -6], "The slope of u² is 2u: the square passes on twice its operand."),
        ([1, 6, -6, -6], "2x passes on 2 times what it gets.")],
    "11-2": [
        ([20, 4, 80], "What arrives along several paths is added, and not multiplied."),
        ([16, 5, 21], "A product passes on the other factor: u gets v, and v gets u."),
        ([5, 4, 9], "u and v have slopes of their own, 2x and 1.")],
    "11-3": [
        (lambda x: tensor.maximum(0, 2 * x - 1) ** 2, "That is the function itself."),
        (lambda x: 2 * tensor.maximum(0, 2 * x - 1), "2x − 1 passes on another factor of 2."),
        (lambda x: tensor.switch(x > 0, 4 * (2 * x - 1), 0),
         "The door opens where 2x − 1 is 0, and that is at ½.")],
    "11-6": [
        (lambda X, w, t: _slope(X, w, t, lambda h, a: 1 - a ** 2),
         "The slope of tanh is 1 − h², of what it gives, and not of what it gets."),
        (lambda X, w, t: _slope(X, w, t, lambda h, a: 1 - tensor.tanh(h) ** 2),
         "The slope of tanh is 1 − h²: h is tanh already."),
        (lambda X, w, t: _slope(X, w, t, lambda h, a: 1), "The slope of tanh is missing."),
        (lambda X, w, t: _slope(X, w, t, lambda h, a: 1 - h ** 2) * t.size / w.size,
         "The mean is over the examples, and not over the weights.")],
    "12-1": [
        (lambda z: tensor.nnet.softmax(z), "Write it with T.exp, T.sum and T.max alone."),
        (lambda z: tensor.exp(z - tensor.max(z)) / tensor.sum(tensor.exp(z)),
         "The same number has to be taken away in the sum as well.")],
    "12-2": [
        (0, "It would be 0 if the truth had the probability 1: here all ten have the same."),
        (10, "That is one over the probability: the cost is the logarithm of it."),
        (np.log2(10), "That is the logarithm with the base 2: log is the natural one."),
        (0.1, "That is the probability of the truth: the cost is −log of it."),
        (0.9, "The cost is −log of the probability that the truth was given."),
        (np.log(2), "There are ten classes, and each has the probability 1/10."),
        (1, "log is the natural logarithm here, as everywhere in this course."),
        (np.log(10) / 10, "It is the same for each digit, and so is the mean.")],
    "12-3": [
        (lambda P, t: -tensor.mean(tensor.log(P)), "One number of each row: that in column t."),
        (lambda P, t: -tensor.mean(tensor.log(P[:, t])),
         "P[:, t] takes whole columns: the numbers of the rows come first."),
        (lambda P, t: -tensor.mean(tensor.log(P[t, tensor.arange(t.size)])),
         "Row and column have changed places: the number of the row comes first.")],
    "12-4": [
        (lambda Z, t: (tensor.exp(Z) / tensor.sum(tensor.exp(Z))
                       - tensor.eq(tensor.arange(Z.shape[1]), t.dimshuffle(0, "x"))) / t.size,
         "Each row has probabilities of its own: the sum goes along axis=1."),
        (missed,
         "The division by the number of rows is missing: the cost is a mean over them."),
        (lambda Z, t: missed(Z, t) / Z.size,
         "Divide by the number of rows, and not by that of all scores."),
        (lambda Z, t: missed(Z, t) / Z.shape[1],
         "Divide by the number of rows, and not by that of classes.")],
    "12-5": [
        (lambda P, t: tensor.mean(tensor.eq(tensor.argmax(P, axis=1), t)),
         "That is the share in which it is the first: the second counts as well."),
        (lambda P, t: tensor.mean(tensor.neq(tensor.argmax(P, axis=1), t)),
         "That is the share in which it is not the first."),
        (lambda P, t: tensor.mean(larger(P, t) < 3), "There the third counts as well."),
        (lambda P, t: tensor.mean(tensor.eq(larger(P, t), 1)),
         "There it is the second: the first counts as well."),
        (lambda P, t: tensor.mean(larger(P, t) > 1),
         "That is the share in which it is not among the first two."),
        (lambda P, t: tensor.sum(larger(P, t) < 2), "That is how many: a share is asked for."),
        (lambda P, t: tensor.mean(larger(-P, t) < 2), "Those are the last two, and not the first."),
        (lambda P, t: tensor.mean(P[tensor.arange(t.size), t] > 0.5),
         "Among the first two is more than above 0.5: compare it with its row.")],
    "13-2": [
        (lambda size: 1 / size,
         "That is the size of the sum with weights of size 1: divide by it."),
        (lambda size: size ** 2,
         "They have both signs and partly cancel: the sum grows as √n, and not as n.")],
    "13-3": [
        (4096 + 640, "The biases are missing."),
        (4096 + 640 + 10, "The biases of the hidden layer are missing."),
        (4096 + 640 + 64, "The biases of the last layer are missing."),
        (4096 + 64 + 640 + 64, "The last layer has ten biases, one for each class."),
        (650, "That is the model without a hidden layer.")],
    "13-5": [
        (lambda H, W, b: tensor.mean(tensor.maximum(0, tensor.dot(H, W) + b), axis=0),
         "That is the mean of what comes out: the share of rows is asked for."),
        (lambda H, W, b: tensor.mean(tensor.dot(H, W) + b <= 0, axis=0),
         "That is the share of rows for which it is shut.")],
    "16-1": [
        (lambda v: scan(lambda e, m: 0.9 * m + 0.1 * e, sequences=v, outputs_info=v[0])[0],
         "It starts at the first element: before it the mean is 0.")],
    "16-2": [
        (lambda a, n: tensor.sqrt(a), "That is where it leads in the end: n steps are asked for.")],
    "16-3": [
        (0.002, "That is rounded: give three digits, or write it as a power."),
        (0.5 ** 10, "x₁ goes into h₁ as it is: from there to h₁₀ there are nine steps."),
        (0.5 ** 8, "From h₁ to h₁₀ there are nine steps, and not eight."),
        (4.5, "The factors of the steps are multiplied, and not added."),
        (0.5, "That is a single step back: there are nine of them.")],
    "16-4": [
        (lambda g: tensor.clip(g, -5, 5),
         "Each number by itself is cut off: that turns the arrow. It keeps its direction."),
        (lambda g: 5 * g / tensor.sqrt(tensor.sum(g ** 2)), "A short arrow stays as it is.")],
    "16-5": [
        (lambda s: tensor.min(tensor.cumsum(s)) >= 0, "At the end none may be open."),
        (lambda s: tensor.eq(tensor.sum(s), 0), "At no place may more be closed than opened."),
        (lambda s: tensor.min(s) >= 0, "How many are open is the running total, T.cumsum(s).")],
    "17-1": [
        ([[3, 2], [1, 3]], "The slope of v₁² is 2 v₁."),
        ([[2, 3], [1, 6]], "The slope of v₀ · v₁ by v₀ is the other one, v₁.")],
    "17-2": [
        ([6, 6], "Those are the curvatures along v₀ and v₁: off the diagonal stands −3, not 0."),
        ([-3, 3], "Those are the curvatures at (0, 0)."),
        ([-3, 6], "Those are entries of the Hessian: which directions does it only stretch?"),
        ([0, 0], "That is the slope: the curvatures are asked for."),
        ([6, 18], "(1, 1) and (1, −1) are √2 long: a curvature belongs to steps of length 1."),
        ([[6, -3], [-3, 6]], "That is the Hessian: which directions does it only stretch?")],
    "17-3": [
        (lambda x: x - (4 * x ** 3 - 3), "That is plain descent: divide by the curvature."),
        (lambda x: x - (x ** 4 - 3 * x) / (4 * x ** 3 - 3),
         "That leads to where the curve is 0: here it is the slope that should become 0."),
        (lambda x: x + (4 * x ** 3 - 3) / (12 * x ** 2),
         "It goes the wrong way: the step is taken away."),
        (lambda x: -(4 * x ** 3 - 3) / (12 * x ** 2), "That is the step: where does it lead?"),
        (lambda x: x - 4 * x ** 3 - 3 / (12 * x ** 2), "Brackets are missing around the slope.")],
    "17-5": [
        (lambda v, p: 4 * tensor.sum(v ** 2) * v * p,
         "That is the gradient times p: differentiate the sum of it."),
        (lambda v, p: 8 * v * tensor.sum(v) + 4 * tensor.sum(v ** 2), "p has no part in it."),
        (lambda v, p: (8 * v * tensor.sum(v) + 4 * tensor.sum(v ** 2)) * p,
         "The rows of the Hessian are added up, and then multiplied: p comes before the sum."),
        (lambda v, p: (8 * v ** 2 + 4 * tensor.sum(v ** 2)) * p,
         "That is the diagonal times p: the other elements of the Hessian are not 0."),
        (lambda v, p: 4 * tensor.sum(v ** 2) * p,
         "T.sum(v ** 2) is a factor, too, and changes with v.")],
    "18-1": [
        ([np.nan, np.inf, np.nan, -np.inf, np.inf, np.nan],
         "Those are the results: write 1 for each nan, and 0 for the others."),
        ([0, 0, 1, 0, 0, 1], "What inf − inf is depends on how fast the two get there."),
        ([1, 0, 1, 0, 0, 0], "What inf/inf is depends on how fast the two get there."),
        ([1, 1, 1, 0, 0, 1], "1/0 is inf: larger than every number, and an answer."),
        ([1, 0, 1, 1, 0, 1], "log 0 is −inf, and an answer.")],
    "18-2": [
        (lambda v: tensor.sqrt(tensor.sum(v ** 2) + 1),
         "That changes every length: under the root a tiny number is enough.")],
    "18-4": [
        (lambda v: tensor.mean(v) + tensor.log(tensor.sum(tensor.exp(v - tensor.mean(v)))),
         "Less the mean or the smallest, exp still sees large numbers: take the largest away."),
        (lambda v: v[0] + tensor.log(tensor.sum(tensor.exp(v - v[0]))),
         "Take the largest away, and that is not always the first."),
        (lambda v: tensor.log(tensor.sum(tensor.exp(v))),
         "The exponential of 1000 is inf: take the largest away first.")],
    "18-5": [
        (lambda z, y: -tensor.mean(y * tensor.log(1 / (1 + tensor.exp(-z)))
                                   + (1 - y) * tensor.log(1 - 1 / (1 + tensor.exp(-z)))),
         "For large scores there is a log 0 in it: write it with softplus of the score."),
        (lambda z, y: tensor.mean(y * tensor.nnet.softplus(z)
                                  + (1 - y) * tensor.nnet.softplus(-z)),
         "For y = 1 it is softplus(−z), and for y = 0 softplus(z).")],
    "20-1": [
        (27, "That is the number of signs: the cost is the logarithm of it."),
        (1 / 27, "That is the probability: the cost is −log of it."),
        (np.log2(27), "That is the logarithm with the base 2: log is the natural one."),
        (np.log(26), "The full stop is a sign as well.")],
    "20-2": [
        (lambda Q, K, V: _attention(Q, K, V, 1), "The division by √d is missing."),
        (lambda Q, K, V: _attention(Q, K, V, Q.shape[1]), "It is the root of d that divides."),
        (lambda Q, K, V: _attention(Q, K, V, tensor.sqrt(Q.shape[0])),
         "d is the number of columns of Q, and not of its rows."),
        (lambda Q, K, V: _attention(Q, K, V, tensor.sqrt(K.shape[0])),
         "d is the number of columns of Q, and not of the rows of K."),
        (lambda Q, K, V: _attention(Q, K, V, tensor.sqrt(V.shape[1])),
         "d is the number of columns of Q, and not of those of V."),
        (lambda Q, K, V: tensor.dot(tensor.nnet.softmax(tensor.dot(Q, K.T))
                                    / tensor.sqrt(Q.shape[1]), V),
         "The scores are divided, before the softmax: after it the rows no longer add up to 1."),
        (lambda Q, K, V: _attention(Q, K, V, np.sqrt(2)),
         "d is the number of columns of Q, which is not always 2."),
        (lambda Q, K, V: _attention(Q, K, V, 2), "√d is 2 for four columns: d is that of Q."),
        (lambda Q, K, V: tensor.dot(tensor.dot(Q, K.T) / tensor.sqrt(Q.shape[1]), V),
         "Those are scores, and no weights yet: softmax makes weights of them.")],
    "20-3": [
        (lambda S: tensor.nnet.softmax(tensor.switch(
            tensor.tril(tensor.ones_like(S), -1) > 0, S, -1e9)),
         "A letter may look at itself as well."),
        (lambda S: tensor.nnet.softmax(S), "Nothing is forbidden: later letters have weights."),
        (lambda S: tensor.nnet.softmax(S) * tensor.tril(tensor.ones_like(S)),
         "Its rows do not add up to 1: the mask comes before the softmax."),
        (lambda S: tensor.nnet.softmax(tensor.tril(S)),
         "A score of 0 is not forbidden: its weight is exp(0), which is 1, before dividing."),
        (lambda S: tensor.nnet.softmax(
            tensor.switch(tensor.triu(tensor.ones_like(S)) > 0, S, -1e9)),
         "It looks ahead, and forbids what came before."),
        (late,
         "Where a later score is much larger, nothing is left for the others: mask first."),
        *(masked(number) for number in (-10.0, -20.0, -30.0, -50.0, -100.0))],
    "20-4": [
        (3712, "The scores have weights, too: U."), (3936, "The places have arrows, too: P."),
        (3376, "Four matrices belong to the attention: Wq, Wk, Wv and Wo."),
        (3888, "Four matrices belong to the attention: Wq, Wk, Wv and Wo."),
        (3120, "The hidden layer has two matrices: W1 and W2."),
        (4160, "There are 13 places, and not 14: the last letter is only predicted."),
        (2688, "The hidden layer has W2, too, and the scores have weights: U."),
        (4208, "There are no biases in this model: matrices alone.")],
    "20-5": [
        (lambda z, tau: tensor.nnet.softmax(z)[0] / tau,
         "The scores are divided, before the softmax: after it the sum is no longer 1."),
        (lambda z, tau: tensor.nnet.softmax(z) / tau,
         "The scores are divided, before the softmax: after it the sum is no longer 1."),
        (lambda z, tau: tensor.nnet.softmax(z)[0] ** (1 / tau),
         "That is right up to a factor: divide it by its sum."),
        (lambda z, tau: tensor.exp(z / tau),
         "That is right up to a factor: divide it by its sum."),
        (lambda z, tau: tensor.exp(z / tau) / tensor.sum(tensor.exp(z)),
         "The scores in the sum are divided as well.")],
    "22-1": [
        (lambda x: x ** 2, "That is one of the two branches: what is it for a negative x?"),
        (lambda x: tensor.switch(x > 0, -x / 2, x ** 2),
         "For a positive x it gives what is asked for a negative one."),
        (lambda x: tensor.maximum(x ** 2, -x / 2),
         "The larger of the two is not always the one that the condition says.")],
    "22-2": [
        (lambda X: tensor.sum(X, axis=1) ** 2, "Each number is squared first, and then added."),
        (lambda X: tensor.sqrt(tensor.sum(X ** 2, axis=1)),
         "dot(row, row) is the square of the length, without a root."),
        (lambda X: tensor.dot(X, X.T),
         "That is each row times each: only a row times itself is asked for."),
        (lambda X: tensor.sum(X ** 2), "vmap gives one number for each row.")],
    "22-3": [
        (lambda x, W, b, v, t: _with(x, W, b, v, t, tensor.sum(W) ** 2),
         "Each weight is squared first, and then they are added."),
        (lambda x, W, b, v, t: _with(x, W, b, v, t, 10 * tensor.sum(W ** 2)),
         "The factor of the squares is 0.01.")],
    "22-4": [
        (2 ** 53, "That is so for float64, with its 53 digits."),
        (2 ** 23, "One more digit fits: 2²³ + 1 has 24 digits."),
        (2 ** 24 - 1, "2²⁴ itself is a power of 2, and has a float32 of its own."),
        (2 ** 24 + 1, "That number has no float32: counting up never comes to it."),
        (2 ** 24 + 2, "That number has a float32, and counting up from 0 stops before it."),
        (1e7, "Seven decimal digits is only about right: count in binary ones."),
        (2 ** 31 - 1, "That is the largest int32: a float32 has 24 digits, and an exponent.")],
}  # fmt: skip


def _slope(X: Any, w: Any, t: Any, bent: Any) -> Any:
    """The slope of the mean of (tanh(X w) − t)², with another slope of tanh."""
    a = tensor.dot(X, w)
    h = tensor.tanh(a)
    return tensor.dot(X.T, 2 * (h - t) / t.size * bent(h, a))


def _with(x: Any, W: Any, b: Any, v: Any, t: Any, decay: Any) -> Any:
    h = tensor.maximum(0, tensor.dot(x, W.T) + b)
    return tensor.mean((tensor.dot(h, v) - t) ** 2) + 0.01 * decay


def _attention(Q: Any, K: Any, V: Any, by: Any) -> Any:
    """Attention whose scores are divided by something else."""
    return tensor.dot(tensor.nnet.softmax(tensor.dot(Q, K.T) / by), V)
