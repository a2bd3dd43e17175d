package io.advunlearn.erasure;

import java.util.List;

/** The erasure methods by name: the only list of them. */
public final class ErasureMethods {

    private static final List<ErasureMethod> ALL = List.of(new AdvUnlearn(), new Esd(), new Sgrace(), new EncoderOnly());

    /** The method of a request that names none. */
    public static final String DEFAULT = ALL.get(0).name();

    private ErasureMethods() {
    }

    public static List<String> names() {
        return ALL.stream().map(ErasureMethod::name).toList();
    }

    /** @throws IllegalArgumentException naming what is accepted */
    public static ErasureMethod byName(String name) {
        return ALL.stream().filter(m -> m.name().equals(name)).findFirst()
                .orElseThrow(() -> new IllegalArgumentException("method must be one of " + String.join(", ", names())));
    }
}
