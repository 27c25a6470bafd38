import { screen, waitFor } from '@testing-library/react';
import { expect, test, vi } from 'vitest';
import { renderPage } from '@/test/render';
import { FormDialog } from './FormDialog';

function open(isDirty: boolean) {
  const onClose = vi.fn();
  const { user, history } = renderPage(
    () => (
      <FormDialog title="Edit Acme" isDirty={isDirty} onClose={onClose}>
        {() => <p>A form</p>}
      </FormDialog>
    ),
    { route: '/tenants' },
  );
  return { user, history, onClose };
}

const asks = () => screen.findByRole('alertdialog', { name: 'Throw away what you typed?' });

test('a form in which nothing was typed closes at once', async () => {
  const { user, onClose } = open(false);
  await screen.findByRole('dialog');
  await user.keyboard('{Escape}');
  expect(onClose).toHaveBeenCalledOnce();
});

test('what was typed is not thrown away without asking', async () => {
  const { user, onClose } = open(true);
  await screen.findByRole('dialog');
  await user.keyboard('{Escape}');
  expect(await asks()).toBeVisible();
  expect(onClose).not.toHaveBeenCalled();
  await user.click(screen.getByRole('button', { name: 'Throw away' }));
  expect(onClose).toHaveBeenCalledOnce();
});

test('nor by going to another page', async () => {
  const { user, history } = open(true);
  await screen.findByRole('dialog');
  history.push('/elsewhere');
  expect(await asks()).toBeVisible();
  expect(history.location.pathname).toBe('/tenants');
  await user.click(screen.getByRole('button', { name: 'Cancel' }));
  await waitFor(() => expect(screen.queryByRole('alertdialog')).toBeNull());
  expect(screen.getByRole('dialog')).toBeVisible();
});

test('the form’s own page may change its address', async () => {
  const { history } = open(true);
  await screen.findByRole('dialog');
  history.push('/tenants?page=2');
  await waitFor(() => expect(history.location.search).toBe('?page=2'));
});
