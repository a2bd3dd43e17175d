package io.advunlearn.erasure;

import java.util.Map;

/** The resolved settings of one erasure: a profile's defaults with the request's overrides. Every method has a record of its own. */
public interface MethodSettings {

    /** Every setting by name, as JSON holds it. */
    default Map<String, Object> toMap() {
        return SettingsJson.toMap(this);
    }
}
