/** Names for prepared statements: PostgreSQL then parses and plans a text once for a connection, and not at every call. */

/** Texts that differ by the length of a list are without end; those that come after so many are not prepared. */
const MOST = 500;

/** @returns a name for each text, the same for the same; empty: it isn't to be prepared. */
export const nameStatements = (most = MOST): ((query: { readonly sql: string }) => string) => {
  const names = new Map<string, string>();
  return ({ sql }) => {
    const known = names.get(sql);
    if (known !== undefined) return known;
    const name = names.size < most ? `graft_${names.size + 1}` : '';
    if (name !== '') names.set(sql, name);
    return name;
  };
};
