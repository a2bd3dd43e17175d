package io.advunlearn.pipeline;

import java.util.List;

/** The encoder's lineage lacks erasures that the pipeline requires; HTTP 409 unless an administrator weakens explicitly. */
public final class BelowFloorException extends SwapException {

    private static final long serialVersionUID = 1L;

    private final transient List<String> missing;

    BelowFloorException(String noun, String id, List<String> missing) {
        super(noun + " '" + id + "' is below the pipeline's floor: it has not erased " + String.join(", ", missing));
        this.missing = List.copyOf(missing);
    }

    /** The required concepts that the encoder's lineage lacks. */
    public List<String> missing() {
        return missing;
    }
}
