const THEME_ITEM = 'trunkline.theme';

function systemTheme(): 'dark' | 'light' {
  return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
}

/** Light or dark as the system has it, until the reader chooses. */
export function offerThemes(button: HTMLButtonElement): void {
  const apply = (theme: string): void => {
    document.documentElement.dataset.theme = theme;
    button.textContent = theme === 'dark' ? 'Light colours' : 'Dark colours';
  };
  apply(localStorage.getItem(THEME_ITEM) ?? systemTheme());
  button.addEventListener('click', () => {
    const next = document.documentElement.dataset.theme === 'dark' ? 'light' : 'dark';
    localStorage.setItem(THEME_ITEM, next);
    apply(next);
  });
}
