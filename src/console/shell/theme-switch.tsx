import { useState } from 'react';
import { Icon, type IconName } from '../parts/icon.tsx';
import { applyTheme, storedTheme, themes, type Theme } from './theme.ts';

const icons: Record<Theme, IconName> = { system: 'system', light: 'sun', dark: 'moon' };

/** Goes round: as the system, light, dark. */
export function ThemeSwitch() {
  const [theme, setTheme] = useState(storedTheme);
  const next = themes[(themes.indexOf(theme) + 1) % themes.length] ?? 'system';
  const change = () => {
    applyTheme(next);
    setTheme(next);
  };
  const label = `Colours: ${theme}. Change to ${next}.`;
  return (
    <button
      type="button"
      className="button button--quiet button--icon"
      aria-label={label}
      title={label}
      onClick={change}
    >
      <Icon name={icons[theme]} />
    </button>
  );
}
