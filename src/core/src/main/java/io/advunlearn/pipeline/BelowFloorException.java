package io.advunlearn.pipeline;

import java.util.List;

/** The components' lineage lacks erasures that the pipeline requires; HTTP 409 unless an administrator weakens explicitly. */
public final class BelowFloorException extends SwapException {

    private static final long serialVersionUID = 1L;

    private final transient List<String> missing;

    /** @param components what they are and their ids, as messages name them */
    BelowFloorException(List<String> components, List<String> missing) {
        super(String.join(" and ", components) + (components.size() == 1 ? " is below the pipeline's floor: it has not erased "
                : " are below the pipeline's floor: not all of them have erased ") + String.join(", ", missing));
        this.missing = List.copyOf(missing);
    }

    /** The required concepts that are lacking. */
    public List<String> missing() {
        return missing;
    }
}
