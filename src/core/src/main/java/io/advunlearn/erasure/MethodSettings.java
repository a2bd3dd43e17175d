package io.advunlearn.erasure;

import java.util.Map;

/** The resolved settings of one erasure: a profile's defaults with the request's overrides. Every method has a record of its own. */
public interface MethodSettings {

    /** The modules that a method may train. */
    String TEXT_ENCODER = "text_encoder";
    String UNET = "unet";

    /** The module that is trained and that the candidate replaces: {@link #TEXT_ENCODER} or {@link #UNET}. */
    default String module() {
        return TEXT_ENCODER;
    }

    /** Every setting by name, as JSON holds it. */
    default Map<String, Object> toMap() {
        return SettingsJson.toMap(this);
    }
}
