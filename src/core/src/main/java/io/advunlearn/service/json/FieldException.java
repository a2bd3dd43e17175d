package io.advunlearn.service.json;

/** A request body refused; the message says what is accepted. */
public final class FieldException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final String field;
    private final String code;

    /** @param field name of the wrong field, {@code null} if the body as a whole is wrong */
    public FieldException(String field, String code, String message) {
        super(message, null, false, false);
        this.field = field;
        this.code = code;
    }

    public String field() {
        return field;
    }

    /** A word for machines, for example {@code unknown_parameter}. */
    public String code() {
        return code;
    }
}
