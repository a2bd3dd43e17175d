package io.advunlearn.tensor;

import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.ShortBuffer;

/** Widening of the stored floating point formats to fp32; exact for all three. */
final class FloatFormat {

    private static final int EXPONENT = 0x7c00;
    /** Bits of 65520: from here on the nearest half is infinite. */
    private static final int HALF_OVERFLOW = 0x477ff000;
    /** Bits of 2^-14. */
    private static final int SMALLEST_NORMAL_HALF = 0x38800000;

    private FloatFormat() { }

    static boolean isFloat(String dtype) {
        return dtype.equals("F32") || dtype.equals("F16") || dtype.equals("BF16");
    }

    /** Bytes an element. @throws SafetensorsException if the tensor is no F32, F16 or BF16 */
    static int bytes(Safetensors file, String tensor) {
        String dtype = file.info(tensor).dtype();
        if (!isFloat(dtype)) {
            throw new SafetensorsException(file.path() + ": tensor " + tensor + " is " + dtype + "; F32, F16 or BF16 is needed");
        }
        return dtype.equals("F32") ? 4 : 2;
    }

    static void widen(String dtype, ByteBuffer source, FloatBuffer target) {
        if (dtype.equals("F32")) {
            target.put(source.asFloatBuffer());
            return;
        }
        boolean half = dtype.equals("F16");
        ShortBuffer shorts = source.asShortBuffer();
        while (shorts.hasRemaining()) {
            short bits = shorts.get();
            target.put(half ? fromHalf(bits) : Float.intBitsToFloat(bits << 16));
        }
    }

    /** IEEE 754 binary16 to binary32 (Java has this only from 20 on). */
    static float fromHalf(short bits) {
        int sign = (bits & 0x8000) << 16;
        int exponent = bits >> 10 & 0x1f;
        int fraction = bits & 0x3ff;
        if (exponent == 0) {
            float magnitude = fraction * 0x1p-24f;
            return sign == 0 ? magnitude : -magnitude;
        }
        int widened = exponent == 0x1f ? 0xff : exponent + 112;
        return Float.intBitsToFloat(sign | widened << 23 | fraction << 13);
    }

    /** IEEE 754 binary32 to the nearest binary16, to the even one of two, infinite beyond the largest: as PyTorch narrows. */
    static short toHalf(float value) {
        int bits = Float.floatToRawIntBits(value);
        int sign = bits >>> 16 & 0x8000;
        int magnitude = bits & 0x7fffffff;
        if (magnitude > 0x7f800000) {
            return (short) (sign | 0x7e00);
        }
        if (magnitude >= HALF_OVERFLOW) {
            return (short) (sign | EXPONENT);
        }
        if (magnitude < SMALLEST_NORMAL_HALF) {
            return (short) (sign | (int) Math.rint(Float.intBitsToFloat(magnitude) * 0x1p24));
        }
        int rounded = magnitude + 0xfff + (magnitude >>> 13 & 1);
        return (short) (sign | rounded - 0x38000000 >>> 13);
    }
}
