package io.advunlearn.erasure;

import java.util.List;

/** The erasure methods by name. */
public final class ErasureMethods {

    private static final List<ErasureMethod> ALL = List.of(new AdvUnlearn(), new Esd());

    private ErasureMethods() {
    }

    /** @throws IllegalArgumentException naming what is accepted */
    public static ErasureMethod byName(String name) {
        return ALL.stream().filter(m -> m.name().equals(name)).findFirst()
                .orElseThrow(() -> new IllegalArgumentException("method must be one of advunlearn, esd"));
    }
}
