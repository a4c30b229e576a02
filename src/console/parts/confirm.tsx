import { useEffect, useId, useRef, useState, type ReactNode } from 'react';
import { Field } from './field.tsx';

interface ConfirmProps {
  title: string;
  /** What will happen. */
  children: ReactNode;
  /** The word on the button that does it. */
  action: string;
  danger?: boolean;
  /** Whether to ask why; the answer goes into the audit list. */
  asksWhy?: boolean;
  busy: boolean;
  /** Why it was not done. */
  fault: string | null;
  onConfirm: (reason: string | null) => void;
  onCancel: () => void;
}

/** Asks before something is done that others will notice. Escape and the other button leave it undone. */
export function Confirm(props: ConfirmProps) {
  const { title, children, action, danger = false, asksWhy = false, busy, fault, onConfirm, onCancel } = props;
  const dialog = useRef<HTMLDialogElement>(null);
  const [reason, setReason] = useState('');
  const id = useId();
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  return (
    <dialog
      ref={dialog}
      className="dialog"
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onCancel();
      }}
    >
      <form
        className="dialog__form"
        onSubmit={(event) => {
          event.preventDefault();
          onConfirm(reason.trim() === '' ? null : reason.trim());
        }}
      >
        <h2 id={id}>{title}</h2>
        <div className="stack stack--tight">{children}</div>
        {asksWhy ? (
          <Field label="Why" hint="For the audit list. May be left empty.">
            {(ids) => (
              <input {...ids} className="input" value={reason} onChange={(event) => setReason(event.target.value)} />
            )}
          </Field>
        ) : null}
        {fault === null ? null : (
          <div className="notice notice--danger" role="alert">
            {fault}
          </div>
        )}
        <div className="dialog__foot">
          <button type="button" className="button" onClick={onCancel}>
            Cancel
          </button>
          <button type="submit" className={`button ${danger ? 'button--danger' : 'button--main'}`} disabled={busy}>
            {busy ? 'One moment …' : action}
          </button>
        </div>
      </form>
    </dialog>
  );
}
