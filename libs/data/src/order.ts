/** Orders that don't depend on a locale: by UTF-16 code unit. */
export const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
export const bySha = (a: { readonly sha256: string }, b: { readonly sha256: string }): number =>
  byText(a.sha256, b.sha256);
