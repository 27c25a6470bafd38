//! What kind of address an IP address is. Pure tables, from the IANA special-purpose registries
//! (RFC 6890 and its updates) and the cloud providers' documentation.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{Ipv4Net, Ipv6Net};

/// The kind of an address, as far as the egress policy tells them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddressClass {
    /// A globally reachable unicast address.
    Global,
    /// `127.0.0.0/8` and `::1`.
    Loopback,
    /// Private, shared (CGNAT), link-local and unique local addresses.
    Local,
    /// A cloud provider's metadata or credential service.
    Metadata,
    /// Everything else that no upstream may have: unspecified, documentation, benchmark, multicast,
    /// broadcast, reserved, and the transition forms that embed another address.
    Special,
}

impl AddressClass {
    /// Classifies `ip`; an IPv4-mapped IPv6 address (RFC 4291, 2.5.5.2) is judged as the IPv4 address in it.
    #[must_use]
    pub fn of(ip: IpAddr) -> Self {
        let ip = ip.to_canonical();
        if METADATA.contains(&ip) {
            return Self::Metadata;
        }
        match ip {
            IpAddr::V4(ip) => Self::of_v4(ip),
            IpAddr::V6(ip) => Self::of_v6(ip),
        }
    }

    fn of_v4(ip: Ipv4Addr) -> Self {
        if ip.is_loopback() {
            Self::Loopback
        } else if V4_LOCAL.iter().any(|net| net.contains(&ip)) {
            Self::Local
        } else if V4_SPECIAL.iter().any(|net| net.contains(&ip)) {
            Self::Special
        } else {
            Self::Global
        }
    }

    fn of_v6(ip: Ipv6Addr) -> Self {
        if ip.is_loopback() {
            Self::Loopback
        } else if V6_LOCAL.iter().any(|net| net.contains(&ip)) {
            Self::Local
        } else if V6_GLOBAL.contains(&ip) && !V6_SPECIAL.iter().any(|net| net.contains(&ip)) {
            Self::Global
        } else {
            Self::Special
        }
    }

    /// True for addresses that never leave the machine or the operator's own network, where plain http is fair.
    #[must_use]
    pub fn is_local(self) -> bool {
        matches!(self, Self::Loopback | Self::Local | Self::Metadata)
    }
}

/// The IPv4 address that a NAT64 gateway would connect to for `ip` (RFC 6052, well-known prefix).
pub(crate) fn nat64_embedded(ip: IpAddr) -> Option<IpAddr> {
    let IpAddr::V6(v6) = ip else { return None };
    let [.., a, b, c, d] = v6.octets();
    NAT64.contains(&v6).then(|| Ipv4Addr::new(a, b, c, d).into())
}

const fn v4(a: u8, b: u8, c: u8, d: u8, prefix: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix)
}

const fn v6(head: [u16; 3], prefix: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(head[0], head[1], head[2], 0, 0, 0, 0, 0), prefix)
}

const METADATA: [IpAddr; 11] = [
    IpAddr::V4(Ipv4Addr::new(169, 254, 169, 254)), // AWS, Google Cloud, Azure, Oracle, DigitalOcean, OpenStack
    IpAddr::V4(Ipv4Addr::new(169, 254, 170, 2)),   // AWS ECS task credentials
    IpAddr::V4(Ipv4Addr::new(169, 254, 170, 23)),  // AWS EKS pod identity
    IpAddr::V4(Ipv4Addr::new(169, 254, 0, 23)),    // Tencent Cloud
    IpAddr::V4(Ipv4Addr::new(100, 100, 100, 200)), // Alibaba Cloud
    IpAddr::V4(Ipv4Addr::new(168, 63, 129, 16)),   // Azure's wire server, a public address
    IpAddr::V4(Ipv4Addr::new(192, 0, 0, 192)),     // Oracle Cloud classic
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254)), // AWS
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x23)), // AWS EKS pod identity
    IpAddr::V6(Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254)), // Google Cloud
    IpAddr::V6(Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0xa9fe, 0xa9fe)), // OpenStack
];

const V4_LOCAL: [Ipv4Net; 5] = [
    v4(10, 0, 0, 0, 8),     // private, RFC 1918
    v4(100, 64, 0, 0, 10),  // carrier-grade NAT, RFC 6598
    v4(169, 254, 0, 0, 16), // link-local, RFC 3927
    v4(172, 16, 0, 0, 12),  // private
    v4(192, 168, 0, 0, 16), // private
];

const V4_SPECIAL: [Ipv4Net; 9] = [
    v4(0, 0, 0, 0, 8),       // "this network", RFC 791; Linux connects 0.0.0.0 to loopback
    v4(192, 0, 0, 0, 24),    // protocol assignments, RFC 6890
    v4(192, 0, 2, 0, 24),    // documentation, RFC 5737
    v4(192, 88, 99, 0, 24),  // 6to4 relay anycast, RFC 7526
    v4(198, 18, 0, 0, 15),   // benchmarking, RFC 2544
    v4(198, 51, 100, 0, 24), // documentation
    v4(203, 0, 113, 0, 24),  // documentation
    v4(224, 0, 0, 0, 4),     // multicast, RFC 5771
    v4(240, 0, 0, 0, 4),     // reserved, RFC 1112, with the limited broadcast address
];

const V6_LOCAL: [Ipv6Net; 2] = [
    v6([0xfc00, 0, 0], 7),  // unique local, RFC 4193
    v6([0xfe80, 0, 0], 10), // link-local, RFC 4291
];

/// IANA has given out global unicast addresses from here only, so the rest of the space is refused unseen:
/// IPv4-compatible (`::/96`), NAT64 (`64:ff9b::/96`, `64:ff9b:1::/48`), discard (`100::/64`),
/// site-local (`fec0::/10`), segment routing (`5f00::/16`), multicast (`ff00::/8`).
const V6_GLOBAL: Ipv6Net = v6([0x2000, 0, 0], 3);

const V6_SPECIAL: [Ipv6Net; 4] = [
    v6([0x2001, 0, 0], 23), // protocol assignments with Teredo (RFC 4380), benchmarking, ORCHID
    v6([0x2001, 0xdb8, 0], 32), // documentation, RFC 3849
    v6([0x2002, 0, 0], 16), // 6to4, RFC 3056
    v6([0x3fff, 0, 0], 20), // documentation, RFC 9637
];

const NAT64: Ipv6Net = v6([0x64, 0xff9b, 0], 96);

#[cfg(test)]
mod tests {
    use super::{AddressClass, V4_LOCAL, V4_SPECIAL};

    #[test]
    fn class_of_one_address_each() {
        for (ip, class) in [
            ("8.8.8.8", AddressClass::Global),
            ("2606:4700::1111", AddressClass::Global),
            ("::ffff:8.8.8.8", AddressClass::Global),
            ("127.255.0.1", AddressClass::Loopback),
            ("::ffff:127.0.0.1", AddressClass::Loopback),
            ("100.64.0.1", AddressClass::Local),
            ("fd12::1", AddressClass::Local),
            ("169.254.169.254", AddressClass::Metadata),
            ("::ffff:169.254.169.254", AddressClass::Metadata),
            ("168.63.129.16", AddressClass::Metadata),
            ("::8.8.8.8", AddressClass::Special),
            ("64:ff9b::8.8.8.8", AddressClass::Special),
            ("4000::1", AddressClass::Special),
        ] {
            assert_eq!(AddressClass::of(ip.parse().unwrap()), class, "{ip}");
        }
    }

    /// Both ends of every IPv4 block are refused; that its neighbours are judged by their own block shows
    /// that no prefix is a bit too long or too short.
    #[test]
    fn blocks_end_where_they_should() {
        for net in V4_LOCAL.iter().chain(&V4_SPECIAL) {
            for ip in [net.network(), net.broadcast()] {
                assert_ne!(AddressClass::of(ip.into()), AddressClass::Global, "{ip} of {net}");
            }
        }
        for ip in ["9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "169.253.255.255"]
            .into_iter()
            .chain(["172.15.255.255", "172.32.0.0", "192.167.255.255", "192.169.0.0", "198.17.255.255"])
            .chain(["198.20.0.0", "223.255.255.255", "1.0.0.0", "126.255.255.255", "128.0.0.0", "2001:200::"])
            .chain(["3ffe::1", "3fff:1000::", "2003::", "2001:db7:ffff::", "2001:db9::"])
        {
            assert_eq!(AddressClass::of(ip.parse().unwrap()), AddressClass::Global, "{ip}");
        }
    }
}
