/** What the component library is told to look like, so that every text can be read (WCAG AA, 4.5 to 1), and every button heard. */
import { Anchor, Badge, createTheme, NavLink, Notification, Table, type CSSVariablesResolver } from '@mantine/core';

export const theme = createTheme({
  primaryColor: 'teal',
  primaryShade: 9,
  autoContrast: true,
  cursorType: 'pointer',
  respectReducedMotion: true,
  defaultRadius: 'sm',
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif',
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, "DejaVu Sans Mono", monospace',
  components: {
    // The colour is a dot beside the word, which stays as readable as any.
    Badge: Badge.extend({ defaultProps: { variant: 'dot', tt: 'none', fw: 500 } }),
    Anchor: Anchor.extend({ defaultProps: { inherit: true, underline: 'always' } }),
    NavLink: NavLink.extend({ defaultProps: { color: 'gray', variant: 'light' } }),
    Notification: Notification.extend({ defaultProps: { closeButtonProps: { 'aria-label': 'close' } } }),
    Table: Table.extend({ defaultProps: { verticalSpacing: 'xs' } }),
  },
});

/** What is under the pointer: darker, where the library makes it lighter than white letters can stand on. */
const HOVER = {
  '--mantine-primary-color-filled-hover': '#066649',
  '--mantine-color-teal-filled-hover': '#066649',
  '--mantine-color-red-filled-hover': '#a61e1e',
};

/** The library's own grey for what matters less is too light, and so is its red for errors. */
export const cssVariables: CSSVariablesResolver = ({ colors }) => ({
  variables: {},
  light: { ...HOVER, '--mantine-color-dimmed': colors.gray[7], '--mantine-color-error': colors.red[9] },
  dark: { ...HOVER, '--mantine-color-dimmed': colors.dark[1], '--mantine-color-error': colors.red[4] },
});

/** What the registry lets this page's styles be known by. */
export const styleNonce = (): string =>
  document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? '';
