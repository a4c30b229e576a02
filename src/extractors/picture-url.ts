/** Whether a text is meant to be a picture: a data URL such as `data:image/png;base64,…`. */
export function isPictureUrl(text: string): boolean {
  return text.startsWith('data:image/');
}
