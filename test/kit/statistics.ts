/**
 * The widest share that chance alone explains: half the width of the interval around `share` that holds the observed share
 * of `count` independent samples with a probability of 99.99 % (3.89 standard deviations of the binomial).
 */
export function tolerance(share: number, count: number): number {
  return 3.89 * Math.sqrt((share * (1 - share)) / count);
}
