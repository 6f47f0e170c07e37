/** How scaled networks keep channel counts friendly to hardware. */

/**
 * A width rounded to a multiple of `divisor` (default 8), never more than 10% down: `_make_divisible` of the MobileNet
 * code, `round_filters` of EfficientNet's.
 */
export const roundFilters = (wanted: number, divisor = 8): number => {
  const rounded = Math.max(divisor, Math.floor((wanted + divisor / 2) / divisor) * divisor);
  return rounded < 0.9 * wanted ? rounded + divisor : rounded;
};
