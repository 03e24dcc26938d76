//! One source, several machine codes: loops that the compiler turns into vector instructions are compiled
//! once for any processor and again for those with wider vectors. Which one runs is found out at the call.
//!
//! All give the same numbers: nothing here reorders or fuses arithmetic.

/// Defines a function whose body is also compiled for AVX2 and AVX-512. What it calls must be
/// `#[inline(always)]` to share in it.
macro_rules! vectorised {
    (
        $(#[$attribute:meta])*
        $visibility:vis fn $name:ident($($argument:ident: $type:ty),* $(,)?) $(-> $result:ty)? $body:block
    ) => {
        $(#[$attribute])*
        #[cfg_attr(
            target_arch = "x86_64",
            expect(unsafe_code, reason = "wider vectors: 1.8x in split search, 2x in gradients")
        )]
        $visibility fn $name($($argument: $type),*) $(-> $result)? {
            #[inline(always)]
            fn anywhere($($argument: $type),*) $(-> $result)? $body

            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx2")]
                fn avx2($($argument: $type),*) $(-> $result)? {
                    anywhere($($argument),*)
                }
                #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
                fn avx512($($argument: $type),*) $(-> $result)? {
                    anywhere($($argument),*)
                }
                if $crate::simd::has_avx512() {
                    // SAFETY: the processor has what the function was compiled for.
                    return unsafe { avx512($($argument),*) };
                }
                if std::arch::is_x86_feature_detected!("avx2") {
                    // SAFETY: as above.
                    return unsafe { avx2($($argument),*) };
                }
            }
            anywhere($($argument),*)
        }
    };
}

pub(crate) use vectorised;

/// Whether the processor has the parts of AVX-512 that are used here: all that call themselves x86-64-v4 do.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
pub(crate) fn has_avx512() -> bool {
    use std::arch::is_x86_feature_detected as has;
    has!("avx512f") && has!("avx512bw") && has!("avx512dq") && has!("avx512vl")
}
