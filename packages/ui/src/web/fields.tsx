interface Option {
  readonly value: string
  readonly label: string
}

interface FieldProps {
  readonly label: string
  readonly value: string
  readonly onChange: (value: string) => void
}

/** The view's search; `/` focuses it. */
export function SearchField({ label, value, onChange, placeholder }: FieldProps & { readonly placeholder: string }) {
  return (
    <span className="search">
      <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
        <path d="M7 2.500a4.500 4.500 0 1 0 0 9 4.500 4.500 0 0 0 0-9zM10.300 10.300 14 14" />
      </svg>
      <input
        type="search"
        data-search
        aria-label={label}
        aria-keyshortcuts="/"
        placeholder={placeholder}
        value={value}
        spellCheck={false}
        autoComplete="off"
        onChange={event => onChange(event.target.value)}
      />
      <span className="key-hint" aria-hidden="true">
        /
      </span>
    </span>
  )
}

export function Select({ label, options, value, onChange }: FieldProps & { readonly options: readonly Option[] }) {
  return (
    <span className="select">
      <select aria-label={label} value={value} onChange={event => onChange(event.target.value)}>
        {options.map(option => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
      <svg viewBox="0 0 16 16" width="12" height="12" aria-hidden="true">
        <path d="m4 6 4 4 4-4" />
      </svg>
    </span>
  )
}

/** One of a few. */
export function Segments({ label, options, value, onChange }: FieldProps & { readonly options: readonly Option[] }) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset brings a legend and a frame that a toolbar has no room for
    <div className="segments" role="group" aria-label={label}>
      {options.map(option => (
        <button
          key={option.value}
          type="button"
          aria-pressed={option.value === value}
          onClick={() => onChange(option.value)}
        >
          {option.label}
        </button>
      ))}
    </div>
  )
}
