import { Link } from 'wouter';
import { Page } from '../parts/page.tsx';

export function NotFound() {
  return (
    <Page title="No such page">
      <p>
        There is nothing at this address. <Link href="/">Go to the overview.</Link>
      </p>
    </Page>
  );
}
