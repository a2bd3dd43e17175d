package io.advunlearn.erasure;

/** Which weights of a transformer layer are trained (the published {@code component}). */
public enum EncoderComponent {

    /** The whole layer, its layer norms included. */
    ALL,
    /** The feed-forward network ({@code mlp}) without the layer norm before it. */
    FFN,
    /** The self-attention without the layer norm before it. */
    ATTN
}
