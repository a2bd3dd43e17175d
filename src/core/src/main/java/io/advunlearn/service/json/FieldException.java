package io.advunlearn.service.json;

import java.util.function.Supplier;
import java.util.function.UnaryOperator;

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

    /**
     * What a field's value gives where it is read or tried.
     *
     * @param message what the client is told, made from the reason
     * @throws FieldException in place of an IllegalArgumentException
     */
    public static <T> T checked(String field, UnaryOperator<String> message, Supplier<T> value) {
        try {
            return value.get();
        } catch (IllegalArgumentException e) {
            throw new FieldException(field, "invalid_value", message.apply(e.getMessage()));
        }
    }

    public String field() {
        return field;
    }

    /** A word for machines, for example {@code unknown_parameter}. */
    public String code() {
        return code;
    }
}
