/**
 * Kaiser's window (Kaiser, "Nonrecursive digital filter design using the I0-sinh window function", 1974): 1 in the middle,
 * next to nothing at its ends, −1 and 1; the larger `beta`, the quieter the stop band and the wider the way to it.
 */
export function kaiserWindow(at: number, beta: number): number {
  return Math.abs(at) > 1 ? 0 : bessel(beta * Math.sqrt(1 - at * at)) / bessel(beta);
}

/** Modified Bessel function of the first kind and order 0, by its power series. */
function bessel(x: number): number {
  let term = 1;
  let sum = 1;
  for (let k = 1; term > 1e-12 * sum; k += 1) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}
