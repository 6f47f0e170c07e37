import { Anchor, Text } from '@mantine/core';
import { Link, useLocation, useRouteError } from 'react-router';
import { Page } from './page.js';
import { ProblemNote } from './problem-note.js';

export const RouteProblem = () => (
  <Page title="That went wrong">
    <ProblemNote error={useRouteError()} retry={() => location.reload()} />
  </Page>
);

export const NotFound = () => (
  <Page title="Nothing here">
    <Text>
      There is no page at {useLocation().pathname}.{' '}
      <Anchor component={Link} to="/">
        Overview
      </Anchor>
    </Text>
  </Page>
);
