/** The frame of every page: its title, where it belongs, and what can be done with it as a whole. */
import { Anchor, Breadcrumbs, Group, Stack, Title } from '@mantine/core';
import { useDocumentTitle } from '@mantine/hooks';
import type { ReactNode } from 'react';
import { Link } from 'react-router';

export interface PageProps {
  readonly title: string;
  /** The pages above it, outermost first. */
  readonly above?: readonly { readonly title: string; readonly to: string }[];
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}

export const Page = ({ title, above = [], actions, children }: PageProps) => {
  useDocumentTitle(`${title} · Graft`);
  return (
    <Stack gap="lg">
      <Stack gap={4}>
        {above.length === 0 ? null : (
          <nav aria-label="above this page">
            <Breadcrumbs>
              {above.map(({ title: name, to }) => (
                <Anchor key={to} component={Link} to={to} size="sm">
                  {name}
                </Anchor>
              ))}
            </Breadcrumbs>
          </nav>
        )}
        <Group justify="space-between">
          <Title order={1} size="h2">
            {title}
          </Title>
          {actions}
        </Group>
      </Stack>
      {children}
    </Stack>
  );
};

/** A part of a page, under a heading of its own. */
export const Section = ({ title, actions, children }: { title: string; actions?: ReactNode; children: ReactNode }) => (
  <Stack component="section" gap="xs" aria-label={title}>
    <Group justify="space-between">
      <Title order={2} size="h4">
        {title}
      </Title>
      {actions}
    </Group>
    {children}
  </Stack>
);
