// The few sentences a script says by itself stand in the page, in the user's language: <body data-text-...>.
export function text(name: string): string {
  return document.body.getAttribute(`data-text-${name}`) ?? "";
}
