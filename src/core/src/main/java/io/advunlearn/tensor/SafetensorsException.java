package io.advunlearn.tensor;

/** A safetensors file that cannot be trusted; the message names the file, the tensor and the reason. */
public final class SafetensorsException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public SafetensorsException(String message) {
        super(message);
    }

    public SafetensorsException(String message, Throwable cause) {
        super(message, cause);
    }
}
