/** Characters that take two columns of a terminal. */
const wide =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u
/** Marks that stand on the character before them. */
const mark = /\p{M}/u

/** The beginning of a text that takes at most so many columns of a terminal. */
export function fitColumns(text: string, columns: number): string {
  let used = 0
  let fitted = ""
  for (const character of text) {
    used += mark.test(character) ? 0 : wide.test(character) ? 2 : 1
    if (used > columns) return fitted
    fitted += character
  }
  return fitted
}
