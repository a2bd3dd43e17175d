package io.advunlearn.service.filter;

/** The images could not be judged, so nobody gets them; HTTP 503. */
public final class FilterFailedException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    FilterFailedException(Throwable cause) {
        super("the images could not be judged, so they are withheld", cause);
    }
}
